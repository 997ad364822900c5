"""The answer of Explore: the checked sentence, what speaks against the title, and the first look with its fate."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.explore.ten import event_list, seen_events
from pages.ui.colours import BadgeColour
from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look_phrases import sentence
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified_record import Verified

TITLE_WIDTH = 90
LEAST_AGAINST = 0.05
"""Nats that a title gains without an event before the event is said to speak against it: about 5 % more likely."""
SIZES = {"large": 150, "medium": 250, "small": 420, "least": 10**9}
"""Most characters of a sentence in each size, so that the session below stays on the screen."""
STATUS: dict[str, tuple[str, BadgeColour]] = {
    "verified": ("checked by removing events", "green"),
    "no reason holds": ("checked: no reason confirmed", "orange"),
    "not on the list": ("not on the list", "gray"),
}
CHECKING = "Checking its reasons by removing events …"
CHECK_HELP = (
    "A reason is given only where removing its events lowers the title visibly, and further than the rest of the list, "
    "also in shorter histories and with other titles in its place. The Trust page says how often that is so for noise."
)
FIRST_LOOK_HELP = (
    "What the heads attended to most, in words, before any check. What removing the events rejected is struck through."
)


def checked(explained: ExplainedView) -> Verified | None:
    """The checked explanation; None where the title cannot be recommended."""
    if explained.explanation.candidate.rank == 0:
        return None
    try:
        return cached.verified(explained)
    except BadInput:
        return None


def answer(explained: ExplainedView, key: str = "answer", checking: bool = False) -> DeltaGenerator:
    """Draw which title is explained and, where it is so, that its check is under way; returns where the rest goes."""
    with st.container(border=True, gap="xsmall", key=key, height="stretch"):
        st.caption(_about_title(explained))
        slot = st.empty()
        if checking:
            slot.caption(CHECKING)
    return slot


def checked_answer(
    slot: DeltaGenerator, explained: ExplainedView, verified: Verified | None, reader: str, key: str = "answer"
) -> None:
    """Draw why the title was recommended: the confirmed sentence, or that no reason was confirmed."""
    with slot.container(gap="xsmall"):
        if verified is None:
            st.markdown(plain(cannot_be_recommended(reader, explained.bench.dataset.catalogue.words.noun)))
            return
        answer_words = words(verified, explained.bench.dataset.catalogue, reader)
        size = next(name for name, most in SIZES.items() if len(answer_words.sentence) <= most)
        with st.container(key=f"{key}-{size}"):
            st.markdown(f"**{plain(answer_words.sentence)}**")
        label, colour = STATUS[verified.status]
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-status"):
            st.badge(label, color=colour, help=say(CHECK_HELP), width="content")
            if against := _against(explained, verified):
                st.caption(against, width="content")


def _about_title(explained: ExplainedView) -> str:
    """Rank and probability, whether the session had it before, and what came next."""
    candidate, target = explained.explanation.candidate, explained.target
    facts = ["cannot be recommended here" if candidate.rank == 0 else f"rank {candidate.rank:,}"]
    if candidate.rank:
        facts.append(f"probability {candidate.probability:.1%}")
    seen = seen_events(explained, candidate.row)
    facts.append(f"seen before ({event_list(explained, seen)})" if seen else "not seen before")
    if target is not None and target.row == candidate.row:
        facts.append("came next")
    elif target is not None:
        rank = f"rank {target.rank:,}" if target.rank else "never recommended"
        facts.append(f"came next instead: {plain(target.title, 40)}, {rank}")
    return f"Why **{plain(candidate.title, TITLE_WIDTH)}**?  \n{' · '.join(facts)}"


def _against(explained: ExplainedView, verified: Verified) -> str:
    """The event without which the title would gain most; empty where none matters."""
    effects = verified.evidence.removal.effect[: len(verified.case.history)]
    worst = int(effects.argmin())
    if effects[worst] > -LEAST_AGAINST:
        return ""
    title = explained.bench.dataset.catalogue.titles[int(verified.case.history.items[worst])]
    return f"Speaks against it: event {verified.case.history.number(worst)}, {plain(title, 50)}"


def first_look(explanation: Explanation, verified: Verified | None, key: str = "first-look") -> None:
    """Draw what the heads name in one line, with what the check rejected struck through."""
    rejected = {check.reason.positions for check in verified.first_look_rejected} if verified is not None else set()
    phrases = [
        f"~~{plain(reason.phrase)}~~" if reason.positions in rejected else plain(reason.phrase)
        for reason in explanation.reasons
    ]
    doubts = [plain(reason.note) for reason in explanation.reasons if reason.note]
    if any(not reason.beyond_uniform and not reason.note for reason in explanation.reasons):
        doubts.append("Uniform attention over this session would be given the same types.")
    with st.container(key=key):
        text = sentence(phrases) if phrases else plain(say(sentence([])))
        doubt = f" :orange[⚠] {' '.join(dict.fromkeys(doubts))}" if doubts else ""
        st.caption(f"First look, unchecked: {text}{doubt}", help=FIRST_LOOK_HELP)
