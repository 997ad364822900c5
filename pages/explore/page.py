"""Explore: one session, why an item is recommended after it, the ten recommendations, and what every head looked at."""

from __future__ import annotations

import streamlit as st

from pages.explore import choice as stage
from pages.explore import notices
from pages.explore.answer import answer, checked, first_look
from pages.explore.export import export
from pages.explore.head_effects import parts_of_this
from pages.explore.head_table import head_table
from pages.explore.heads import asked_view, heads, how_to_read, pinned_heads, shape_of
from pages.explore.proof.audience import asked_wording
from pages.explore.proof.section import proof, proofs
from pages.explore.recommendations import any_item, listed, recommendations, target
from pages.explore.scene import Scene
from pages.explore.session_finder import finder
from pages.explore.side_by_side import heading, pinned_scene, pinning
from pages.explore.strip import named_events, session_strip
from pages.explore.tools import tools
from pages.ui import cached as ui_cached
from pages.ui import controls
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.url_state import HISTORY, ITEM, SESSION, change_url, clear_url, expert, follow_link, set_url, url_value
from pages.ui.workbench import Workbench, current
from streamrec_core.errors import BadInput
from streamrec_core.explain.verified import Verified


def take_item() -> None:
    """Keep the recommendation that the visitor wants explained."""
    explain(st.session_state["explain_item"])


def explain(item_id: str) -> None:
    """Explain another title of the same session."""
    change_url(ITEM, item_id)


def pick(bench: Workbench) -> None:
    """Draw everything that chooses a session."""
    session_id = None if url_value(HISTORY) is not None else url_value(SESSION) or stage.first_session(bench)
    if session_id is not None:
        set_url(SESSION, session_id)
    with st.container(key="find", horizontal=True, vertical_alignment="bottom", gap="small"):
        controls.choose_session(bench, ui_cached.parts(bench.events_hash, bench.dataset), session_id)
        finder(bench)


def one(scene: Scene) -> None:
    """The checked answer first, with the session that it speaks of, and its proof; then the ten; then the heads."""
    catalogue, verified = scene.bench.dataset.catalogue, checked(scene)
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        answer(scene, verified, asked_wording())
    with right:
        target(scene.found, catalogue)
    if not scene.found.heads:
        notices.no_attention(scene.found.model)
    with st.container(key="session-strip"):
        session_strip(scene.found, scene.bench.dataset, scene.name, named=named_events(verified))
    # Filled out of order: the maps first, and last what takes a moment.
    proven, ten = st.container(key="proof"), st.container(key="ten")
    if scene.found.heads:
        with st.container(key="looking"):
            st.header("What the heads looked at", anchor=False)
            first_look(scene, verified)
            heads(scene)
            how_to_read(scene.found, scene.bench, expert())
            parts_of_this(scene.found, expert())
    with ten:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.header("Ten recommendations", anchor=False, width="content")
            any_item(scene.found, catalogue, explain)
        recommendations(scene.found, catalogue, take_item)
    if verified is not None:
        with proven:
            proof(scene, verified)


def two(scene: Scene, beside: Scene) -> None:
    """The view and the pinned one, part by part, so that like stands beside like."""
    verified = checked(scene), checked(beside)
    for part in (_answers, _sessions, _tens, _looks):
        left, right = st.columns(2, gap="large")
        with left:
            part(scene, verified[0], True)
        with right:
            part(beside, verified[1], False)
        if part is _sessions:
            with st.container(key="proof"):
                proofs(scene, beside, verified)


def _answers(scene: Scene, verified: Verified | None, own: bool) -> None:
    heading(scene, "This view" if own else "Pinned")
    answer(scene, verified, asked_wording(), key="answer" if own else "answer-pinned")


def _sessions(scene: Scene, verified: Verified | None, own: bool) -> None:
    key, named = "strip" if own else "strip-pinned", named_events(verified)
    session_strip(scene.found, scene.bench.dataset, scene.name, named=named, key=key)
    target(scene.found, scene.bench.dataset.catalogue)


def _tens(scene: Scene, verified: Verified | None, own: bool) -> None:
    catalogue = scene.bench.dataset.catalogue
    st.subheader("Ten recommendations", anchor=False)
    recommendations(scene.found, catalogue, take_item) if own else listed(scene.found, catalogue)


def _looks(scene: Scene, verified: Verified | None, own: bool) -> None:
    st.subheader("What the heads looked at", anchor=False)
    if not scene.found.heads:
        notices.no_attention(scene.found.model)
        return
    first_look(scene, verified, key="first-look" if own else "first-look-pinned")
    if own:
        heads(scene)
    else:
        pinned_heads(scene, asked_view(shape_of(scene.found))[0])


follow_link()
bench = current()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.title("Explore", anchor=False, width="content")
    with st.container(width=330):
        tools()
if bench.model is None:
    ui_notices.no_model(bench)
else:
    pick(bench)
    item, lost = stage.asked_item(bench)
    if lost is not None:
        notices.no_item(lost)
        clear_url(ITEM)
    try:
        scene = stage.chosen(bench, item)
    except BadInput as error:
        ui_notices.no_session(error_text(error), stage.first_session(bench))
    else:
        notices.where(bench, ui_cached.parts(bench.events_hash, bench.dataset), scene.session_id, scene.found)
        beside = pinned_scene(scene)
        one(scene) if beside is None else two(scene, beside)
        if expert() and scene.found.heads:
            pinning(scene)
            head_table(scene.found, scene.titles)
            export(scene.found, scene.titles, bench)
