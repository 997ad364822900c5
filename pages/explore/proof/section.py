"""Proof of the answer: the checked sentences, the evidence by event, and what would change the answer."""

from __future__ import annotations

import streamlit as st

from pages.explore.answer import CHECK_HELP, STATUS
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.audience import Audience, audience_of_link, choose_audience, rerun_after_change
from pages.explore.proof.claims import ClaimPanel, verified_claims
from pages.explore.proof.contrast import evidence
from pages.explore.proof.counterfactual import smallest_removal
from pages.explore.proof.model_comparison import comparison_table, offer_models
from pages.ui.escape import plain
from streamrec_core.explain.messages import messages
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import Verified

Side = tuple[ExplainedView, Verified | None]
"""A view and its check; None where the title cannot be recommended."""


@st.fragment
def proof(explained: ExplainedView, verified: Verified) -> None:
    """Draw what was checked and how; only this part runs again for another second title."""
    rerun_after_change()
    audience = audience_of_link()
    left, right = st.columns([1, 1], gap="medium")
    with left, st.container(border=True, gap="small", key="checked"):
        _checked_words(explained, verified, audience)
        choose_audience(audience)
    with right, st.container(border=True, gap="small", key="evidence-card"):
        evidence(explained, verified, audience)
    with left, st.container(border=True, gap="small", key="change"):
        st.markdown("**What would change the answer**")
        smallest_removal(explained, verified, audience)
    offer_models(explained)


@st.fragment
def proofs(side: Side, pinned: Side) -> None:
    """Draw the proofs of two views, side by side."""
    rerun_after_change()
    audience = audience_of_link()
    if side[1] is not None and pinned[1] is not None:
        comparison_table((side[0], pinned[0]), (side[1], pinned[1]))
    for column, (explained, verified), owner in zip(
        st.columns(2, gap="large"), (side, pinned), (True, False), strict=True
    ):
        if verified is None:
            continue
        suffix = "" if owner else "-pinned"
        with column:
            with st.container(border=True, gap="small", key=f"checked{suffix}"):
                _checked_words(explained, verified, audience, owner)
                if owner:
                    choose_audience(audience)
                smallest_removal(explained, verified, audience, owner)
            with st.container(border=True, gap="small", key=f"evidence-card{suffix}"):
                evidence(explained, verified, audience, owner)


def _checked_words(explained: ExplainedView, verified: Verified, audience: Audience, owner: bool = True) -> None:
    reader, language = audience.reader, audience.language
    answer = words(verified, explained.bench.dataset.catalogue, reader, language)
    label, colour = STATUS[verified.status]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Confirmed by removing events**", width="content")
        st.badge(label, color=colour, help=CHECK_HELP, width="content")
    weights, candidate = explained.bench.weights[:12], verified.case.candidate
    stamp = f"{explained.session_key}|{weights}|{candidate}|{reader}|{language}"
    panel = ClaimPanel(explained.session_key, stamp, language, owner)
    verified_claims(answer, verified.settings.checks, panel, key="claims" if owner else "claims-pinned")
    values = verified.evidence.values
    methods = "three_signed" if "contribution" in values else "three" if "attention" in values else "two"
    st.caption(plain(messages(language).say("figure", methods, badge=answer.agreement)))
    if answer.warning:
        st.caption(f":orange[⚠] {plain(answer.warning)}")
