"""Explore: one session, why an item is recommended after it, the top ten, and what every head attended to."""

from __future__ import annotations

import streamlit as st

from pages.explore import choice, notices
from pages.explore.answer import answer, checked, first_look
from pages.explore.explained_view import ExplainedView
from pages.explore.export import export
from pages.explore.head_effects import head_effects
from pages.explore.head_table import head_table
from pages.explore.heads import heads, how_to_read, pinned_heads, shape_of, view_of_link
from pages.explore.proof.audience import audience_of_link
from pages.explore.proof.section import proof, proofs
from pages.explore.recommendations import any_item, listed, recommendations, target
from pages.explore.session_finder import finder
from pages.explore.side_by_side import heading, pin_controls, pinned_view
from pages.explore.strip import named_events, session_strip
from pages.explore.tools import tools
from pages.ui import cached as ui_cached
from pages.ui import controls
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.url_state import HISTORY, ITEM, SESSION, change_url, clear_url, expert, follow_link, set_url, url_value
from pages.ui.workbench import Workbench, current_workbench
from streamrec_core.errors import BadInput
from streamrec_core.explain.verified import Verified

TEN = "Ten recommendations"
HEADS = "What the heads attended to"


def take_item() -> None:
    """Explain the recommendation that the visitor selected."""
    explain(st.session_state["explain_item"])


def explain(item_id: str) -> None:
    """Explain another title of the same session."""
    change_url(ITEM, item_id)


def choose_session(bench: Workbench) -> None:
    """Draw everything that opens a session."""
    session_id = None if url_value(HISTORY) is not None else url_value(SESSION) or choice.first_session(bench)
    if session_id is not None:
        set_url(SESSION, session_id)
    with st.container(key="find", horizontal=True, vertical_alignment="bottom", gap="small"):
        controls.choose_session(bench, ui_cached.session_split(bench.dataset), session_id)
        finder(bench)


def single_view(explained: ExplainedView) -> None:
    """The checked answer first, with its session, and its proof; then the top ten; then the heads."""
    explanation, catalogue, verified = explained.explanation, explained.bench.dataset.catalogue, checked(explained)
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        answer(explained, verified, audience_of_link())
    with right:
        target(explanation, catalogue)
    if not explanation.heads:
        notices.no_attention(explanation.model)
    with st.container(key="session-strip"):
        session_strip(explanation, explained.bench.dataset, explained.session_key, named=named_events(verified))
    # Filled out of order: the maps first, and last what takes a moment.
    proof_part, ten_part = st.container(key="proof"), st.container(key="ten")
    if explanation.heads:
        with st.container(key="looking"):
            st.header(HEADS, anchor=False)
            first_look(explanation, verified)
            heads(explained)
            how_to_read(explanation, explained.bench, expert())
            head_effects(explanation, expanded=expert())
    with ten_part:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.header(TEN, anchor=False, width="content")
            any_item(catalogue, explain)
        recommendations(explanation, catalogue, take_item)
    if verified is not None:
        with proof_part:
            proof(explained, verified)


def side_by_side(explained: ExplainedView, pinned: ExplainedView) -> None:
    """The view and the pinned one, part by part, so that like is beside like."""
    checks = checked(explained), checked(pinned)
    for part in (_answers, _sessions, _tens, _first_looks):
        left, right = st.columns(2, gap="large")
        with left:
            part(explained, checks[0], True)
        with right:
            part(pinned, checks[1], False)
        if part is _sessions:
            with st.container(key="proof"):
                proofs((explained, checks[0]), (pinned, checks[1]))


def _answers(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    heading(explained, "This view" if owner else "Pinned")
    answer(explained, verified, audience_of_link(), key="answer" if owner else "answer-pinned")


def _sessions(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    dataset, key = explained.bench.dataset, "strip" if owner else "strip-pinned"
    session_strip(explained.explanation, dataset, explained.session_key, named=named_events(verified), key=key)
    target(explained.explanation, dataset.catalogue)


def _tens(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    explanation, catalogue = explained.explanation, explained.bench.dataset.catalogue
    st.subheader(TEN, anchor=False)
    recommendations(explanation, catalogue, take_item) if owner else listed(explanation, catalogue)


def _first_looks(explained: ExplainedView, verified: Verified | None, owner: bool) -> None:
    explanation = explained.explanation
    st.subheader(HEADS, anchor=False)
    if not explanation.heads:
        notices.no_attention(explanation.model)
        return
    first_look(explanation, verified, key="first-look" if owner else "first-look-pinned")
    if owner:
        heads(explained)
    else:
        pinned_heads(explained, view_of_link(shape_of(explanation))[0])


follow_link()
bench = current_workbench()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title("Explore", anchor=False, width="content")
    with st.container(width=330):
        tools()
if bench.model is None:
    ui_notices.no_model(bench)
else:
    choose_session(bench)
    item, unknown_id = choice.item_of_link(bench)
    if unknown_id is not None:
        notices.unknown_item(unknown_id)
        clear_url(ITEM)
    try:
        explained = choice.open_view(bench, item)
    except BadInput as error:
        ui_notices.no_session(error_text(error), choice.first_session(bench))
    else:
        notices.session_line(explained, ui_cached.session_split(bench.dataset))
        pinned = pinned_view(bench.data_name)
        single_view(explained) if pinned is None else side_by_side(explained, pinned)
        if expert() and explained.explanation.heads:
            pin_controls(explained)
            head_table(explained.explanation, explained.titles)
            export(explained.explanation, explained.titles, bench)
