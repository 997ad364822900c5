"""The bar of Explore: search for a title or a session, step through sessions, bring one's own, copy the link."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore import choice
from pages.explore.session_finder import BRING, FIND, TITLE, set_drawer
from pages.explore.tools import tools
from pages.ui import cached as ui_cached
from pages.ui.controls import take_session
from pages.ui.nouns import say
from pages.ui.url_state import HISTORY, SESSION, set_url, url_value
from pages.ui.workbench import Workbench


def take_up_session(bench: Workbench) -> str | None:
    """Id of the session in the URL, or of the first one, which is then written there; None for one of one's own."""
    if url_value(HISTORY) is not None:
        return None
    session_id = url_value(SESSION) or choice.first_session(bench)
    set_url(SESSION, session_id)
    return session_id


def empty_bar() -> DeltaGenerator:
    """Where `toolbar` draws, in one line that stays in view."""
    return st.container(key="find", horizontal=True, vertical_alignment="center", gap="small")


def toolbar(bench: Workbench, bar: DeltaGenerator, session_id: str | None) -> None:
    """Draw everything that opens a session, with the present one in the box."""
    sessions, log = ui_cached.session_split(bench.dataset), bench.dataset.log
    row = log.row(session_id) if session_id is not None and session_id in log.session_ids else -1
    with bar:
        st.title("Explore", anchor=False, width="content")
        st.session_state["session_id"] = session_id or ""
        st.text_input(
            say("Session or title"),
            key="session_id",
            max_chars=200,
            placeholder=say("a title, or a session"),
            icon=":material/search:",
            on_change=_search,
            args=(bench,),
            width=170,
            label_visibility="collapsed",
        )
        for label, neighbour, help_text in (
            ("Previous", sessions.previous(row), "Previous test session"),
            ("Next", sessions.next(row), "Next test session"),
        ):
            st.button(label, on_click=take_session, args=(neighbour,), help=help_text, width="content")
        st.button(
            "Random", on_click=choice.take_random_session, args=(sessions,), width="content", help="Any test session"
        )
        st.button("Find", on_click=set_drawer, args=(FIND,), width="content", help="A session by what it is like")
        st.button("Your own", on_click=set_drawer, args=(BRING,), width="content", help="A session in no data set")
        with st.container(width="stretch"):
            tools()


def _search(bench: Workbench) -> None:
    """Open the session of that id or else look for a title."""
    text = st.session_state["session_id"].strip()
    if not text:
        return
    if bench.dataset.log.names_session(text):
        take_session(text)
    else:
        st.session_state["title_query"] = text
        set_drawer(TITLE)
