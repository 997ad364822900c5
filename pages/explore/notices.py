"""What Explore says where a part of a link cannot be shown, and about the session on view."""

from __future__ import annotations

import streamlit as st

from pages.explore.url import PIN
from pages.ui.escape import plain
from pages.ui.notices import other_events
from pages.ui.test_split import Parts
from pages.ui.url_state import clear_url
from pages.ui.workbench import Workbench
from streamrec_core.explain.record import Explanation


def broken_pin(fault: str) -> None:
    """What a link sets beside the view cannot be opened."""
    with st.container(border=True):
        st.markdown(f"**What was pinned cannot be shown.** {plain(fault)}")
        st.button("Take the pin away", on_click=clear_url, args=(PIN,), key="forget_pin")


def broken_view(faults: tuple[str, ...]) -> None:
    """A link asks for a head, an event or a setting that does not exist here."""
    named = ", ".join(plain(fault, 80) for fault in faults)
    st.warning(f"This link asks for {named}, which is not here; the usual view stands in for it.")


def no_item(asked: str) -> None:
    """A link names an item that the catalogue lacks."""
    st.warning(f"No item has the id **{plain(asked, 80)}** in this catalogue; the first recommendation is explained.")


def where(bench: Workbench, parts: Parts, session_id: str | None, found: Explanation) -> None:
    """One line on the session: its place among the test sessions, what was cut off, whether the model knows it."""
    if session_id is None:
        st.caption(f"Your own session · {len(found.history)} events that the model sees · what came next is not known")
        return
    row = bench.dataset.log.row(session_id)
    place, events = parts.place(row), int(bench.dataset.log.lengths[row]) - 1
    line = f"Test session {place:,} of {len(parts.rows):,}" if place else "Not a test session"
    line += f" · {events} events, then one to predict"
    if events > len(found.history):
        line += f" · the model sees the last {len(found.history)}"
    if row in parts.learned and not bench.other_events:
        line += " · **the model has learned from this session, so its ranks here flatter it**"
    st.caption(line)
    other_events(bench)


def no_attention(model: str) -> None:
    """The model has no attention to draw."""
    with st.container(border=True):
        st.subheader("No attention to look at", anchor=False)
        st.markdown(
            f"**{plain(model, 60)}** carries its memory from event to event and has no attention heads, so there is no "
            "first look. What holds when events are taken away is checked all the same and stands below. Choose a "
            "transformer in the sidebar to see what heads look at."
        )
