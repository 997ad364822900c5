"""The explanation in words: the checked sentence first, and the first look of the heads with what the check refuted."""

from __future__ import annotations

import streamlit as st

from pages.explore import cached
from pages.explore.proof.audience import Wording
from pages.explore.scene import Scene
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
    "no reason holds": ("checked: no reason holds", "orange"),
    "not on the list": ("not on the list", "gray"),
}
CHECK_HELP = (
    "A reason is said only where removing its events takes the title down visibly, and further than the rest of the "
    "list, also in shorter histories and with other titles in its place. Choose a sentence to light up its events and "
    "to see what was measured."
)
FIRST_LOOK_HELP = (
    "What the heads looked at most, in words. Removing these events is the check; what it refuted is struck through."
)


def checked(scene: Scene) -> Verified | None:
    """The checked explanation; None where the title cannot be recommended."""
    if scene.found.candidate.rank == 0:
        return None
    try:
        return cached.checked(scene)
    except BadInput:
        return None


def answer(scene: Scene, verified: Verified | None, wording: Wording, key: str = "answer") -> None:
    """Draw why the candidate was recommended: the sentence that the check confirmed, or that no reason holds."""
    candidate = scene.found.candidate
    with st.container(border=True, gap="xsmall", key=key):
        st.caption(f"Why **{plain(candidate.title, TITLE_WIDTH)}**? {_standing(candidate)}")
        if verified is None:
            st.markdown(plain(cannot_be_recommended(wording.reader, wording.language)))
            return
        said = words(verified, scene.bench.dataset.catalogue, wording.reader, wording.language)
        st.markdown(f"**{plain(said.sentence)}**")
        label, colour = STATUS[verified.status]
        st.badge(label, color=colour, help=CHECK_HELP)


def first_look(scene: Scene, verified: Verified | None, key: str = "first-look") -> None:
    """Draw what the heads name, with what the check refuted struck through."""
    found = scene.found
    refuted = {one.reason.positions for one in verified.first_look_rejected} if verified is not None else set()
    with st.container(border=True, gap="xsmall", key=key):
        phrases = [_struck(reason.phrase, reason.positions in refuted) for reason in found.reasons]
        said = sentence(phrases) if phrases else plain(sentence([]))
        st.markdown(f"First look: {said}", help=FIRST_LOOK_HELP)
        if verified is None:
            st.badge(plain(found.status), color="orange")
        if not found.reasons:
            st.caption("No head followed a pattern that has a name, so nothing in particular is named.")
        for reason in found.reasons:
            _card(reason, found, reason.positions in refuted)


def _struck(text: str, refuted: bool) -> str:
    return f"~~{plain(text)}~~" if refuted else plain(text)


def _standing(candidate: RankedItem) -> str:
    if candidate.rank == 0:
        return "It cannot be recommended here."
    among = "" if candidate.rank <= 10 else ", not among the ten"
    return f"Number {candidate.rank:,} for the model{among}."


def _card(reason: Reason, found: Explanation, refuted: bool) -> None:
    """One reason with the heads behind it, and a doubt where there is one."""
    names = ", ".join(f"layer {layer} head {head}" for layer, head in reason.heads)
    source = (
        f"{reason.kind} · read from {names}"
        if expert()
        else f"read from {len(reason.heads)} of {len(found.heads)} heads"
    )
    verdict = " · refuted by removing these events" if refuted else ""
    st.markdown(f"- **{_struck(reason.card, refuted)}**")
    st.caption(f"{source}{verdict}")
    if reason.note:
        st.caption(f":orange[⚠] {plain(reason.note)}")
    elif not reason.beyond_uniform:
        st.caption(":orange[⚠] Even attention over this session would have been called the same.")
