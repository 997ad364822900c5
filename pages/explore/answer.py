"""The answer in words: the checked sentence, then the first look with the reasons that the check rejected."""

from __future__ import annotations

import streamlit as st

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.audience import Audience
from pages.ui.colours import BadgeColour
from pages.ui.escape import plain
from pages.ui.url_state import expert
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look_phrases import sentence
from streamrec_core.explain.record import Explanation, RankedItem, Reason
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified import Verified

TITLE_WIDTH = 90
STATUS: dict[str, tuple[str, BadgeColour]] = {
    "verified": ("checked by removing events", "green"),
    "no reason holds": ("checked: no reason confirmed", "orange"),
    "not on the list": ("not on the list", "gray"),
}
CHECK_HELP = (
    "A reason is given only where removing its events lowers the title visibly, and further than the rest of the list, "
    "also in shorter histories and with other titles in its place. Select a sentence to highlight its events and see "
    "what was measured."
)
FIRST_LOOK_HELP = (
    "What the heads attended to most, in words. Reasons that were rejected when their events were removed are struck "
    "through."
)


def checked(explained: ExplainedView) -> Verified | None:
    """The checked explanation; None where the title cannot be recommended."""
    if explained.explanation.candidate.rank == 0:
        return None
    try:
        return cached.verified(explained)
    except BadInput:
        return None


def answer(explained: ExplainedView, verified: Verified | None, audience: Audience, key: str = "answer") -> None:
    """Draw why the candidate was recommended: the confirmed sentence, or that no reason was confirmed."""
    candidate = explained.explanation.candidate
    with st.container(border=True, gap="xsmall", key=key):
        st.caption(f"Why **{plain(candidate.title, TITLE_WIDTH)}**? {_rank(candidate)}")
        if verified is None:
            st.markdown(plain(cannot_be_recommended(audience.reader, audience.language)))
            return
        answer_words = words(verified, explained.bench.dataset.catalogue, audience.reader, audience.language)
        st.markdown(f"**{plain(answer_words.sentence)}**")
        label, colour = STATUS[verified.status]
        st.badge(label, color=colour, help=CHECK_HELP)


def first_look(explanation: Explanation, verified: Verified | None, key: str = "first-look") -> None:
    """Draw what the heads name, with the reasons that the check rejected struck through."""
    rejected = {check.reason.positions for check in verified.first_look_rejected} if verified is not None else set()
    with st.container(border=True, gap="xsmall", key=key):
        phrases = [_struck(reason.phrase, reason.positions in rejected) for reason in explanation.reasons]
        st.markdown(
            f"First look: {sentence(phrases) if phrases else plain(sentence([]))}",
            help=FIRST_LOOK_HELP,
        )
        if verified is None:
            st.badge(plain(explanation.status), color="orange")
        if not explanation.reasons:
            st.caption("No head showed one of the named patterns, so no event is named.")
        for reason in explanation.reasons:
            _card(reason, explanation, reason.positions in rejected)


def _struck(text: str, rejected: bool) -> str:
    return f"~~{plain(text)}~~" if rejected else plain(text)


def _rank(candidate: RankedItem) -> str:
    if candidate.rank == 0:
        return "It cannot be recommended here."
    return f"Ranked number {candidate.rank:,}{'' if candidate.rank <= 10 else ', outside the top ten'}."


def _card(reason: Reason, explanation: Explanation, rejected: bool) -> None:
    """One reason with the heads behind it, and a caveat where there is one."""
    names = ", ".join(f"layer {layer} head {head}" for layer, head in reason.heads)
    source = (
        f"{reason.kind} · from {names}" if expert() else f"from {len(reason.heads)} of {len(explanation.heads)} heads"
    )
    st.markdown(f"- **{_struck(reason.card, rejected)}**")
    st.caption(f"{source}{' · rejected by removing these events' if rejected else ''}")
    if reason.note:
        st.caption(f":orange[⚠] {plain(reason.note)}")
    elif not reason.beyond_uniform:
        st.caption(":orange[⚠] Uniform attention over this session would be given the same type.")
