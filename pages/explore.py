"""Explore: one session, the ten recommendations after it, what every head looked at, and the first explanation."""

from __future__ import annotations

import streamlit as st

from pages.ui import controls, loaders, messages
from pages.ui.components.heads import head_table, heads, how_to_read
from pages.ui.components.reasons import answer
from pages.ui.components.recommendations import recommendations, target
from pages.ui.components.strip import session_strip
from pages.ui.state import ITEM, SESSION, choose, forget, wanted
from pages.ui.workbench import Workbench, current
from streamrec_core.errors import BadInput
from streamrec_core.explain.record import Explanation


def take_item() -> None:
    """Keep the recommendation that the visitor wants explained."""
    choose(ITEM, st.session_state["explain_item"])


def item_row(bench: Workbench) -> int | None:
    """Catalogue row of the item to explain; None, with a word of warning, where the link names no such item."""
    asked = wanted(ITEM)
    if asked is None or asked in bench.dataset.catalogue.rows:
        return None if asked is None else bench.dataset.catalogue.rows[asked]
    messages.no_item(asked)
    forget(ITEM)
    return None


def first_session(bench: Workbench) -> str:
    """The session to begin with, one that shows something: the one behind the product manager's door."""
    assert bench.model is not None
    return loaders.doors(bench.weights, bench.events_hash, bench.model, bench.dataset)[0].session_id


def load(bench: Workbench, session_id: str) -> Explanation:
    """The explanation of this session and item."""
    assert bench.model is not None
    row = item_row(bench)
    return loaders.explanation(bench.weights, bench.events_hash, session_id, row, bench.model, bench.dataset)


def draw(found: Explanation, bench: Workbench) -> None:
    """Everything about one explained recommendation."""
    catalogue = bench.dataset.catalogue
    titles = [catalogue.titles[row] for row in found.history.items]
    session_strip(found, bench.dataset)
    left, right = st.columns([1.55, 1], gap="large")
    with left:
        answer(found)
        if not found.heads:
            messages.no_attention(found.model)
        target(found, catalogue)
    with right:
        st.subheader("Ten recommendations", anchor=False)
        recommendations(found, catalogue, take_item)
    if found.heads:
        st.header("What the heads looked at", anchor=False)
        heads(found, titles)
        how_to_read(found)
        head_table(found, titles)


bench = current()
st.title("Explore", anchor=False)
if bench.model is None:
    messages.no_model(bench)
else:
    parts = loaders.parts(bench.events_hash, bench.dataset)
    session_id = wanted(SESSION) or first_session(bench)
    choose(SESSION, session_id)
    controls.choose_session(bench, parts, session_id)
    try:
        found = load(bench, session_id)
    except BadInput as error:
        messages.no_session(str(error), first_session(bench))
    else:
        messages.where(bench, parts, session_id, found)
        draw(found, bench)
