"""Explore: why a title was recommended after a session, its proof, and all heads, on one screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.explore import cached, choice, notices, what_if
from pages.explore.answer import answer, checked, checked_answer, first_look
from pages.explore.details import details
from pages.explore.explained_view import ExplainedView
from pages.explore.matrix import pinned_matrix, session_check, session_matrix
from pages.explore.neighbours import explain_neighbours
from pages.explore.proof.reader import reader_of_link
from pages.explore.proof.section import proofs
from pages.explore.rerun import page_drawn
from pages.explore.session_finder import open_drawer
from pages.explore.side_by_side import heading, pinned_view, unpin_control
from pages.explore.ten import pinned_ten, top_ten
from pages.explore.toolbar import empty_bar, take_up_session, toolbar
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.ahead import ahead
from pages.ui.error_text import error_phrase, error_text
from pages.ui.nouns import say
from pages.ui.tab_title import tab_title
from pages.ui.url_state import EDITS, ITEM, clear_url, follow_link
from pages.ui.workbench import Workbench, current_workbench
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.errors import BadInput
from streamrec_core.explain.verified_record import Verified

LAYOUT = Path(__file__).with_name("layout.css")


def single_view(explained: ExplainedView, reader: str) -> None:
    """The checked answer beside the ten, then the session with its heads, then what can be opened.

    The matrix is sent before a check that is still to be made; until then the answer says so. A check that was made
    ahead stands with the title.
    """
    pending = cached.seconds_of_check(explained) is None
    left, right = st.columns([1.35, 1], gap="small")
    with left:
        slot = answer(explained, checking=pending)
    if not pending:
        verified = checked(explained)
        checked_answer(slot, explained, verified, reader)
    with right, st.container(border=True, key="ten"):
        top_ten(explained)
    what_if.summary(explained)
    heads = st.container(key="session-strip").container(key="heads", gap=None)
    with heads:
        session_matrix(explained)
    if pending:
        verified = checked(explained)
        checked_answer(slot, explained, verified, reader)
    with heads:
        session_check(explained, verified)
    if explained.explanation.heads:
        first_look(explained.explanation, verified)
    else:
        notices.no_attention(explained.bench.loaded_model)
    signs = "" if explained.explanation.contributions is not None else "Numbers beside the bars are in points. "
    st.caption(signs + say(POINTS_EXPLAINED))
    details(explained, verified)
    explain_neighbours(explained)


def side_by_side(explained: ExplainedView, pinned: ExplainedView) -> None:
    """The view and the pinned one, part by part, so that like is beside like."""
    checks = checked(explained), checked(pinned)
    unpin_control()
    for part in (_answers, _tens, _matrices):
        for column, view, verified, owner in zip(
            st.columns(2, gap="large"), (explained, pinned), checks, (True, False), strict=True
        ):
            with column:
                part(view, verified, owner)
    with st.container(key="proof"):
        proofs((explained, checks[0]), (pinned, checks[1]))


def _answers(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    heading(explained, "This view" if owner else "Pinned")
    key = "answer" if owner else "answer-pinned"
    checked_answer(answer(explained, key), explained, verified, reader_of_link(), key)


def _tens(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    with st.container(border=True, key="ten" if owner else "ten-pinned"):
        top_ten(explained) if owner else pinned_ten(explained)


def _matrices(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    suffix = "" if owner else "-pinned"
    with st.container(key=f"session-strip{suffix}"), st.container(key=f"heads{suffix}"):
        if owner:
            session_matrix(explained)
            session_check(explained, verified)
        else:
            pinned_matrix(explained, verified)
    if explained.explanation.heads:
        first_look(explained.explanation, verified, key=f"first-look{suffix}")
    else:
        notices.no_attention(explained.bench.loaded_model)


@st.fragment
def explore(bench: Workbench) -> None:
    """All of the page but its frame; only this part runs again for another session or title."""
    with ahead.held_back(), st.container(key="explore"), ui_notices.named_faults():
        draw(bench)


def draw(bench: Workbench) -> None:
    """Draw the session that the bar or a link names, then the bar: it is the same again, and nobody waits for it."""
    bar, session_id = empty_bar(), take_up_session(bench)
    open_drawer(bench)
    with ui_notices.named_faults():
        draw_session(bench)
    toolbar(bench, bar, session_id)


def draw_session(bench: Workbench) -> None:
    """Draw the session and the title in the URL, or why they cannot be shown."""
    item, unknown_id = choice.item_of_link(bench)
    if unknown_id is not None:
        notices.unknown_item(unknown_id)
        clear_url(ITEM)
    try:
        explained = choice.open_view(bench, item)
    except BadInput as error:
        ui_notices.no_session(error_text(error), choice.first_session(bench))
        return
    try:
        explained = choice.edited_view(explained)
    except BadInput as error:
        notices.bad_edits(error_phrase(error))
        clear_url(EDITS)
    tab_title("Explore", "your own session" if explained.session_id is None else f"session {explained.session_id}")
    notices.session_line(explained, ui_cached.session_split(bench.dataset))
    reader, pinned = reader_of_link(), pinned_view(bench.data_name)
    page_drawn()  # once nothing above takes a wrong parameter out of the URL any more
    single_view(explained, reader) if pinned is None else side_by_side(explained, pinned)


follow_link()
workbench = current_workbench()
if workbench.model is None:
    st.title("Explore", anchor=False)
    ui_notices.no_model(workbench)
else:
    st.html(LAYOUT)
    explore(workbench)
