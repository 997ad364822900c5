"""Proof of the answer: the checked sentences, the evidence by event, and what would change the answer."""

from __future__ import annotations

import streamlit as st

from pages.explore.answer import CHECK_HELP, STATUS
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.claims import ClaimPanel, verified_claims
from pages.explore.proof.contrast import evidence
from pages.explore.proof.counterfactual import smallest_removal
from pages.explore.proof.model_comparison import comparison_table
from pages.explore.proof.reader import choose_reader, reader_of_link
from pages.explore.rerun import rerun_if_page_changed
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.explain.messages import messages
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified_record import Verified

Side = tuple[ExplainedView, Verified | None]
"""A view and its check; None where the title cannot be recommended."""


@st.fragment
@ui_notices.named_faults()
def proofs(side: Side, pinned: Side) -> None:
    """Draw the proofs of two views, side by side."""
    rerun_if_page_changed()
    reader = reader_of_link()
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
                checked_reasons(explained, verified, reader, owner)
                if owner:
                    choose_reader(reader)
                smallest_removal(explained, verified, reader, owner)
            with st.container(border=True, gap="small", key=f"evidence-card{suffix}"):
                evidence(explained, verified, reader, owner)


def checked_reasons(explained: ExplainedView, verified: Verified, reader: str, owner: bool = True) -> None:
    """Draw every reason that was tested, confirmed or rejected, each with what was measured."""
    answer = words(verified, explained.bench.dataset.catalogue, reader)
    label, colour = STATUS[verified.status]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Confirmed by removing events**", width="content")
        st.badge(label, color=colour, help=say(CHECK_HELP), width="content")
    weights, candidate = explained.bench.weights[:12], verified.case.candidate
    stamp = f"{explained.session_key}|{weights}|{candidate}|{reader}"
    panel = ClaimPanel(explained.session_key, stamp, owner, verified.case.history.start)
    verified_claims(answer, verified.settings.checks, panel, key="claims" if owner else "claims-pinned")
    values = verified.evidence.values
    methods = "three_signed" if "contribution" in values else "three" if "attention" in values else "two"
    st.caption(plain(messages().say("figure", methods, badge=answer.agreement)))
    if answer.warning:
        st.caption(f":orange[⚠] {plain(answer.warning)}")
