"""The session of the Debug page: its picker, and its events as a table."""

from __future__ import annotations

import random

import streamlit as st

from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.controls import take_session
from pages.ui.data_table import short_table, title_cell
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.session_split import SessionSplit
from pages.ui.url_state import SESSION, set_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.whatif import history_of
from streamrec_core.errors import BadInput


def chosen_session(bench: Workbench) -> str | None:
    """Draw the session picker; gives the id of a session with a history, else None and a message."""
    parts = ui_cached.session_split(bench.dataset)
    session_id = url_value(SESSION) or parts.test_ids[0]
    set_url(SESSION, session_id)
    log = bench.dataset.log
    row = log.row(session_id) if session_id in log.session_ids else -1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.session_state["session_id"] = session_id
        st.text_input("Session", key="session_id", max_chars=200, on_change=_take_session, width=150)
        for label, neighbour, help_text in (
            ("← Previous", parts.previous(row), "The previous test session"),
            ("Next →", parts.next(row), "The next test session"),
        ):
            st.button(label, on_click=take_session, args=(neighbour,), help=help_text, width="content")
        st.button("Random test session", on_click=_take_any, args=(parts,), width="content")
    try:
        history_of(bench.dataset, session_id)
    except BadInput as error:
        ui_notices.no_session(error_text(error), parts.test_ids[0])
        return None
    return session_id


def _take_session() -> None:
    if session_id := st.session_state["session_id"].strip():
        take_session(session_id)


def _take_any(sessions: SessionSplit) -> None:
    take_session(random.choice(sessions.test_ids))


def events_table(session: Session, dataset: DataSet) -> None:
    """Draw a session's events, numbered from 1."""
    catalogue, words = dataset.catalogue, dataset.catalogue.words.phrases
    short_table(
        [
            {
                "Event": number,
                say("Title"): title_cell(
                    catalogue.titles[row], "" if catalogue.neutral[row] else catalogue.category(int(row))
                ),
                "Engagement": plain(words[int(mark)], 60),
            }
            for number, (row, mark) in enumerate(zip(session.items, session.engagements, strict=True), 1)
        ],
        height=min(56 * (len(session) + 1), 440),
        alt=f"The {len(session)} events of the session, with the edits applied.",
    )
