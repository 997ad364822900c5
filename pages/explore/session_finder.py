"""Drawers that open a session: one found by what it is like, or one that the visitor brings."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.explore import cached
from pages.explore.own_session import own_session
from pages.explore.session_search import (
    AGREEMENTS,
    ANY,
    LENGTHS,
    ONE_CATEGORY,
    OUTCOMES,
    PredictionFilter,
    Predictions,
)
from pages.ui.controls import take_session
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.notices import sampled_tests
from pages.ui.nouns import say
from pages.ui.title_search import MOST_MATCHES, matching_items
from pages.ui.url_state import ITEM, SESSION, change_url, set_url
from pages.ui.workbench import Workbench
from streamrec_core.data.similar_titles import similar_titles
from streamrec_core.explain.method_agreement import MethodAgreement

LISTED, SHOWN = 100, 12
AGREEMENT_HELP = (
    "How the three agree on the first recommendation. Measured on a sample of the test sessions, which takes a moment "
    "the first time."
)
FIND, BRING, TITLE = "find", "bring", "title"


def open_drawer(bench: Workbench) -> None:
    """Draw the drawer that is open, if any."""
    drawer = st.session_state.get("drawer")
    if drawer in DRAWERS:
        DRAWERS[drawer](bench)


def set_drawer(drawer: str | None = None) -> None:
    """Open a drawer; None closes it."""
    st.session_state["drawer"] = drawer


@st.dialog("Find a session", position="right", width="medium", on_dismiss=set_drawer)
def find(bench: Workbench) -> None:
    """Filter the test sessions by the model's rank and by what they are like."""
    predictions = cached.predictions(bench)
    condition = PredictionFilter(
        st.selectbox("The model's prediction was", list(OUTCOMES), key="wish_outcome"),
        st.selectbox("Events", list(LENGTHS), key="wish_length"),
        st.selectbox("Main category", [ANY, ONE_CATEGORY, *predictions.categories], key="wish_category"),
        st.selectbox("Attention, gradients and removal", list(AGREEMENTS), key="wish_agreement", help=AGREEMENT_HELP),
    )
    agreements = _measured_agreements(bench, len(predictions.ids)) if condition.agreement != ANY else {}
    matches = predictions.matching(condition, agreements).tolist()
    of = f"{len(agreements):,} sampled sessions" if agreements else f"{len(predictions.ids):,} test sessions"
    st.markdown(f"**{len(matches):,}** of {of} match.")
    sampled_tests(bench.dataset)
    if not matches:
        st.caption("No session matches. Widen one of the four filters.")
        return
    if st.button("Open a random match", type="primary"):
        _open(predictions.ids[random.choice(matches)])
    st.caption(f"Or select one of the first {min(LISTED, len(matches))}.")
    table = data_table(
        _table(predictions, matches[:LISTED], agreements),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        # Another filter is another table: a row selected in the last one must not open a session of this one.
        key=f"wish_table_{abs(hash(condition))}",
        alt="Test sessions that match, with events, category and the rank of the item that came next.",
    )
    if table.selection.rows:
        _open(predictions.ids[matches[table.selection.rows[0]]])


def _open(session_id: str) -> None:
    take_session(session_id)
    set_drawer()
    st.rerun()


def _measured_agreements(bench: Workbench, total: int) -> dict[str, MethodAgreement]:
    """How methods agree on a sample of the test sessions, measured piece by piece; says how many were sampled."""
    bar = st.empty()
    agreements: dict[str, MethodAgreement] = {}
    pieces = cached.pieces(bench.dataset)
    for piece in pieces:
        bar.progress(piece / len(pieces), text="Removing events, session by session …")
        agreements.update(cached.agreement(bench, piece))
    disagree = sum(agreement.warning for agreement in agreements.values())
    sample = f"{len(agreements):,} of {total:,}" if len(agreements) < total else f"All {total:,}"
    bar.caption(f"{sample} test sessions sampled; in **{disagree:,}** attention or gradients disagree with removal.")
    return agreements


def _table(predictions: Predictions, matches: Sequence[int], agreements: Mapping[str, MethodAgreement]) -> pd.DataFrame:
    columns = {
        "Session": [predictions.ids[index] for index in matches],
        "Events": predictions.lengths[matches],
        "Main category": [predictions.categories[predictions.main_category[index]] for index in matches],
        "Rank of next item": predictions.ranks[matches],
    }
    if agreements:
        columns["Agreement"] = [agreements[predictions.ids[index]].key for index in matches]
    return pd.DataFrame(columns)


@st.dialog("A session of your own", position="right", width="medium", on_dismiss=set_drawer)
def bring(bench: Workbench) -> None:
    """Take a session that is in no data set, and open it."""
    if own_session(bench):
        set_drawer()
        st.rerun()


@st.dialog("Search the sessions", position="right", width="medium", on_dismiss=set_drawer)
def title_sessions(bench: Workbench) -> None:
    """Search for a title, and open a session in which it was recommended or watched."""
    catalogue = bench.dataset.catalogue
    query = st.text_input(say("Title or id"), key="title_query", max_chars=120)
    rows = matching_items(catalogue, query) or similar_titles(catalogue, query, MOST_MATCHES)
    if not rows:
        st.caption(say("No session has this id, and no title is like it."))
        return
    if not matching_items(catalogue, query):
        st.caption(say("No title holds") + f" “{plain(query, 60)}”. Did you mean:")
    row = st.radio(say("Title"), rows, format_func=lambda each: plain(catalogue.titles[each], 80), key="title_row")
    predictions = cached.predictions(bench)
    sampled_tests(bench.dataset)
    for label, matches in (
        ("Recommended first", predictions.recommended(row, first=1)),
        ("Among the ten", predictions.recommended(row, first=10)),
        ("Already in the session", predictions.holding(row)),
    ):
        st.markdown(f"**{label}**: {len(matches):,} of {len(predictions.ids):,} test sessions")
        with st.container(horizontal=True, gap="small"):
            for index in matches[:SHOWN]:
                session_id = predictions.ids[index]
                if st.button(f"Session {session_id}", key=f"title-{label}-{session_id}"):
                    change_url(SESSION, session_id)
                    set_url(ITEM, catalogue.item_ids[row])
                    set_drawer()
                    st.rerun()


DRAWERS = {FIND: find, BRING: bring, TITLE: title_sessions}
