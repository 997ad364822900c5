"""Two views side by side: pin one, open another, and see both."""

from __future__ import annotations

import streamlit as st

from pages.explore import notices
from pages.explore.choice import pinned
from pages.explore.pin import read_pin
from pages.explore.scene import Scene
from pages.explore.url import PIN
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import clear_url, set_url, url_value
from streamrec_core.errors import StreamRecError


def pinned_scene(scene: Scene) -> Scene | None:
    """The pinned view, if there is one; a pin that cannot be opened is told and leaves the page whole."""
    asked = url_value(PIN)
    if asked is None:
        return None
    pin = read_pin(asked)
    if pin is None:
        notices.broken_pin("the pin in this link is cut off or damaged")
        return None
    try:
        return pinned(pin, scene.bench.data_name)
    except StreamRecError as error:
        notices.broken_pin(error_text(error))
        return None


def pinning(scene: Scene) -> None:
    """Draw what pins this view, sets another model beside it, or takes the pin away."""
    if url_value(PIN) is not None:
        st.button("Take the pin away", icon=":material/keep_off:", on_click=clear_url, args=(PIN,), width="content")
        return
    others = [name for name in scene.bench.fitting if name != scene.bench.model_name]
    with st.popover("Side by side", icon=":material/splitscreen_right:"):
        st.markdown("Keep this view and open another session beside it:")
        st.button("Pin this view", icon=":material/keep:", on_click=set_url, args=(PIN, scene.pin().text()))
        if others:
            st.markdown("Or see another model on the same session:")
            for name in others[:8]:
                st.button(plain(name, 60), on_click=set_url, args=(PIN, scene.pin(name).text()), key=f"beside-{name}")


def heading(scene: Scene, role: str) -> None:
    """Draw which session and model stand below."""
    session = "your own session" if scene.session_id is None else f"session {plain(scene.session_id, 30)}"
    st.markdown(f"**{role}**: {session} · {plain(scene.bench.model_name or '', 40)}")
