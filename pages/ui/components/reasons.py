"""The explanation in words: one sentence, its reasons as cards, and what a reader must know beside them."""

from __future__ import annotations

import streamlit as st

from pages.ui.plain import plain
from pages.ui.state import expert
from streamrec_core.explain.record import Explanation, RankedItem, Reason

TITLE_WIDTH = 90


def answer(explanation: Explanation, key: str = "answer") -> None:
    """Draw why the candidate was recommended."""
    candidate = explanation.candidate
    with st.container(border=True, gap="xsmall", key=key):
        st.caption(f"Why **{plain(candidate.title, TITLE_WIDTH)}**? {_standing(candidate)}")
        if not explanation.heads:
            st.markdown(
                "This model has no attention, so there is no first look. What removing events shows stands below."
            )
            return
        st.subheader(plain(explanation.sentence), anchor=False)
        st.badge(plain(explanation.status), color="orange", help=STATUS_HELP)
        if not explanation.reasons:
            st.caption("No head followed a pattern that has a name, so nothing in particular is named.")
        for reason in explanation.reasons:
            _card(reason, len(explanation.heads))


STATUS_HELP = (
    "Attention shows where the model looked, not what it used. What holds when these events are really taken away "
    "stands below."
)


def _standing(candidate: RankedItem) -> str:
    if candidate.rank == 0:
        return "It cannot be recommended here."
    among = "" if candidate.rank <= 10 else ", not among the ten"
    return f"Number {candidate.rank:,} for the model{among}."


def _card(reason: Reason, heads: int) -> None:
    """One reason with the heads behind it, and a doubt where there is one."""
    names = ", ".join(f"layer {layer} head {head}" for layer, head in reason.heads)
    source = f"{reason.kind} · read from {names}" if expert() else f"read from {len(reason.heads)} of {heads} heads"
    with st.container(border=True, gap="xxsmall"):
        st.markdown(f"**{plain(reason.card)}**")
        st.caption(source)
        if reason.note:
            st.caption(f":orange[⚠] {plain(reason.note)}")
        elif not reason.earned:
            st.caption(":orange[⚠] Even attention over this session would have been called the same.")
