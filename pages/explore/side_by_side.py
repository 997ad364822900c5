"""Two views side by side: pin one, open another, and see both."""

from __future__ import annotations

import streamlit as st

from pages.explore import notices
from pages.explore.choice import open_pinned
from pages.explore.explained_view import ExplainedView
from pages.explore.pin import read_pin
from pages.explore.url import PIN
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import clear_url, set_url, url_value
from streamrec_core.errors import StreamRecError


def pinned_view(data_name: str) -> ExplainedView | None:
    """The pinned view, if there is one; a pin that cannot be opened is named, and the page stays whole."""
    text = url_value(PIN)
    if text is None:
        return None
    pin = read_pin(text)
    if pin is None:
        notices.broken_pin("The pin in this link is cut off or damaged.")
        return None
    try:
        return open_pinned(pin, data_name)
    except StreamRecError as error:
        notices.broken_pin(error_text(error))
        return None


def unpin_control() -> None:
    """Draw the button that closes the pinned view."""
    st.button("Unpin", icon=":material/keep_off:", on_click=clear_url, args=(PIN,), width="content")


def pin_controls(explained: ExplainedView) -> None:
    """Draw the buttons that pin this view, or another model on it."""
    bench = explained.bench
    with st.popover("Side by side", icon=":material/splitscreen_right:"):
        st.markdown("Pin this view, then open another session beside it:")
        st.button("Pin this view", icon=":material/keep:", on_click=set_url, args=(PIN, explained.pin().text()))
        models = [name for name in bench.fitting if name != bench.model_name]
        if models:
            st.markdown("Or compare with another model on the same session:")
        for name in models[:8]:
            st.button(plain(name, 60), on_click=set_url, args=(PIN, explained.pin(name).text()), key=f"beside-{name}")


def heading(explained: ExplainedView, role: str) -> None:
    """Draw the session and the model of one side."""
    session_id = explained.session_id
    session = "your own session" if session_id is None else f"session {plain(session_id, 30)}"
    st.markdown(f"**{role}**: {session} · {plain(explained.bench.model_name or '', 40)}")
