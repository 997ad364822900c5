"""Notices of Explore: parts of a link that cannot be shown, and the line about the session."""

from __future__ import annotations

import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.url import PIN
from pages.ui.escape import plain
from pages.ui.notices import bad_model, other_events, why_no_heads
from pages.ui.nouns import say
from pages.ui.session_split import SessionSplit
from pages.ui.url_state import clear_url
from streamrec_core.models.protocol import SessionModel


def broken_pin(message: str) -> None:
    """The pinned view of a link cannot be opened."""
    with st.container(border=True):
        st.markdown(f"**The pinned view cannot be shown.** {plain(message)}")
        st.button("Unpin", on_click=clear_url, args=(PIN,), key="forget_pin")


def not_available(faults: tuple[str, ...]) -> None:
    """A link names a head, an event or a setting that does not exist here."""
    st.warning(f"Not available here: {', '.join(plain(fault, 80) for fault in faults)}; showing the default view.")


def bad_edits(message: str) -> None:
    """The edits in a link cannot be made."""
    st.warning(f"The what-if in this link cannot be made: {plain(message)}. The session is shown as it was.")


def unknown_item(item_id: str) -> None:
    """A link names an item that the catalogue lacks."""
    st.warning(f"No item has the id **{plain(item_id, 80)}**; the first recommendation is explained instead.")


def session_line(explained: ExplainedView, sessions: SessionSplit) -> None:
    """One line on the session: its number, its length, what the model sees of it, and whether it was trained on."""
    bench, window = explained.bench, len(explained.explanation.history)
    bad_model(bench)
    if explained.session_id is None:
        read = f" · the model reads the last {window}" if explained.explanation.history.start else ""
        st.caption(say(f"Your own session · {_events(len(explained.whole_history))}{read} · the next title is unknown"))
        return
    row = bench.dataset.log.row(explained.session_id)
    number, events = sessions.number(row), len(explained.whole_history)
    parts = [
        f"Test session {number:,} of {len(sessions.test_rows):,}" if number else "Not a test session",
        f"{_events(events)} and one to predict",
    ]
    if events > window:
        parts.append(f"the model reads the last {window}")
    if sessions.trained[row] and not bench.other_events and not bench.foreign:
        parts.append("**the model was trained on this session, so its ranks here are too good**")
    st.caption(" · ".join(parts))
    other_events(bench)


def no_attention(model: SessionModel) -> None:
    """The model has no attention to draw."""
    of_function = why_no_heads(model)
    with st.container(border=True):
        st.subheader("This model has no attention heads", anchor=False)
        st.markdown(
            (of_function or f"**{plain(model.name, 60)}** attends to no event, so there is no first look.")
            + " Its reasons are checked by removing events all the same. Choose a transformer in the sidebar to see "
            "attention."
        )


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"
