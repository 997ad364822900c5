"""Opens the session and the item that a link or a pin names, or the first ones."""

from __future__ import annotations

import random

import streamlit as st

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.explore.pin import WRITTEN, Pin
from pages.ui import cached as ui_cached
from pages.ui.controls import take_session
from pages.ui.session_split import SessionSplit
from pages.ui.url_state import EDITS, HISTORY, ITEM, SESSION, url_value
from pages.ui.workbench import Workbench, open_workbench
from streamrec_core.data.history import compact
from streamrec_core.diagnosis.edits import apply_edits, read_edits
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import reads_times

RANDOM = "random_session"


def first_session(bench: Workbench) -> str:
    """The session to begin with, one that shows something: the product manager's example."""
    return ui_cached.example_sessions(bench)[0].session_id


def random_session(sessions: SessionSplit) -> str:
    """The test session that Random opens next, the same until it is taken: so it can be explained ahead."""
    if st.session_state.get(RANDOM) not in sessions.test_ids:
        st.session_state[RANDOM] = random.choice(sessions.test_ids)
    return str(st.session_state[RANDOM])


def take_random_session(sessions: SessionSplit) -> None:
    """Open that session; the next one is drawn anew."""
    take_session(random_session(sessions))
    del st.session_state[RANDOM]


def item_of_link(bench: Workbench) -> tuple[int | None, str | None]:
    """Catalogue row of the item to explain, or the id in the link that the catalogue lacks."""
    item_id = url_value(ITEM)
    row = None if item_id is None else bench.dataset.catalogue.rows.get(item_id)
    return row, item_id if row is None else None


def open_view(bench: Workbench, item: int | None) -> ExplainedView:
    """The session that the link names, or the first one; raises `BadInput` where it cannot be shown."""
    history = url_value(HISTORY)
    session_id = None if history is not None else url_value(SESSION) or first_session(bench)
    return view_of(bench, session_id, history, item)


def edited_view(explained: ExplainedView) -> ExplainedView:
    """The same title after the edits in the URL; raises `BadInput` where they cannot be made."""
    text = url_value(EDITS)
    if not text:
        return explained
    bench, edits = explained.bench, read_edits(text)
    catalogue = bench.dataset.catalogue
    edited = apply_edits(explained.whole_history, edits, catalogue)
    history = compact(edited, catalogue, reads_times(bench.loaded_model))
    explanation = cached.explanation_of_history(bench, history, explained.explanation.candidate.row)
    return ExplainedView(bench, explanation, explained.session_id, history, edits, explained)


def open_pinned(pin: Pin, data_name: str) -> ExplainedView:
    """The pinned view; raises `BadInput` where a part of it does not exist."""
    bench = open_workbench(data_name, pin.model)
    if bench.model is None:
        raise BadInput(bench.refusal or f"no model {pin.model!r}")
    row = bench.dataset.catalogue.rows.get(pin.item) if pin.item else None
    if pin.item and row is None:
        raise BadInput(f"no item has the id {pin.item!r} in this catalogue")
    if pin.kind == WRITTEN:
        return view_of(bench, None, pin.session, row)
    return view_of(bench, pin.session, None, row)


def view_of(bench: Workbench, session_id: str | None, history: str | None, item: int | None) -> ExplainedView:
    """One item after a session of the log, or after a history that a visitor wrote; None explains the first one."""
    if history is not None:
        return ExplainedView(bench, cached.explanation_of_history(bench, history, item), None, history)
    return ExplainedView(bench, ui_cached.explanation(bench, str(session_id), item), session_id)
