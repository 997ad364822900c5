"""What-if on Explore: events taken away, moved or changed, written into the URL, with what was there before."""

from __future__ import annotations

import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.url import EVENT
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, EDITS, ITEM, MODEL, SECTION, SESSION, update_url
from streamrec_core.diagnosis.edits import apply_edits, edit_in_words, read_edits, removed_events, write_edits
from streamrec_core.errors import BadInput
from streamrec_core.explanation_view.payload import Ghost

UNDO, RESET = "undo", "reset"
FAULT = "what_if_fault"


def edit(explained: ExplainedView, text: str) -> None:
    """Add an edit to those in the URL, or take the last or all away; the explained title stays the same."""
    edits = explained.edits
    if text == RESET:
        edits = ()
    elif text == UNDO:
        edits = edits[:-1]
    else:
        try:
            edits = (*edits, *read_edits(text))
            apply_edits(explained.original_history, edits, explained.bench.dataset.catalogue)
        except BadInput as error:
            st.session_state[FAULT] = error_text(error)
            return
    update_url({EDITS: write_edits(edits) or None, ITEM: explained.explanation.candidate.item_id, EVENT: None})


def ghosts(explained: ExplainedView) -> tuple[Ghost, ...]:
    """The events that the edits took away, where they stood; those before the model's window are left out."""
    original, window = explained.original_history, len(explained.explanation.history)
    outside = len(explained.whole_history) - window
    titles = explained.bench.dataset.catalogue.titles
    removed = removed_events(len(original), explained.edits)
    return tuple(Ghost(before - outside, titles[original.items[at]]) for at, before in removed if before >= outside)


def summary(explained: ExplainedView) -> None:
    """Draw what was edited and what it did to the explained title, with the way to all ten before and after."""
    if fault := st.session_state.pop(FAULT, ""):
        st.warning(plain(fault))
    if explained.before is None:
        return
    bench = explained.bench
    changes = "; ".join(edit_in_words(change, bench.dataset.catalogue) for change in explained.edits)
    before, after = explained.before.explanation.candidate, explained.explanation.candidate
    outcome = (
        f"**{plain(after.title, 60)}** goes from rank {before.rank:,} to rank {after.rank:,}"
        if before.rank != after.rank
        else f"**{plain(after.title, 60)}** stays at rank {after.rank:,}"
    )
    if explained.before.explanation.history.start:
        outcome += f", where the model reads the last {len(explained.explanation.history)} events of the edited session"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what-if"):
        st.markdown(
            f":material/science: What if: {plain(changes)}. {outcome} ({before.probability:.1%} → "
            f"{after.probability:.1%}).",
            width="content",
        )
        if explained.session_id is not None:
            query = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: explained.session_id}
            page_link(
                "debug/page.py",
                label="In Debug",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params=query | {SECTION: "what-if", EDITS: write_edits(explained.edits)},
                width="content",
            )
