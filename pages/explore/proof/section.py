"""The proof under the first look: checked words, what would change the answer, and the evidence event by event."""

from __future__ import annotations

import streamlit as st

from pages.explore.answer import CHECK_HELP, STATUS
from pages.explore.proof.audience import Wording, asked_wording, choose_wording, whole_page_again
from pages.explore.proof.claims import Sheet, verified_claims
from pages.explore.proof.contrast import evidence
from pages.explore.proof.counterfactual import smallest
from pages.explore.proof.model_comparison import ask_another, both
from pages.explore.scene import Scene
from pages.ui.escape import plain
from streamrec_core.explain.messages import messages
from streamrec_core.explain.sentences import words as in_words
from streamrec_core.explain.verified import Verified


@st.fragment
def proof(scene: Scene, found: Verified) -> None:
    """Draw what was checked and how; only this part runs again for another second title."""
    whole_page_again()
    wording = asked_wording()
    left, right = st.columns([1, 1], gap="medium")
    with left, st.container(border=True, gap="small", key="checked"):
        _words(scene, found, wording)
        choose_wording(wording)
    with right, st.container(border=True, gap="small", key="evidence-card"):
        evidence(scene, found, wording)
    with left, st.container(border=True, gap="small", key="change"):
        st.markdown("**What would have to be different**")
        smallest(scene, found, wording)
    ask_another(scene)


@st.fragment
def proofs(scene: Scene, beside: Scene, checked: tuple[Verified | None, Verified | None]) -> None:
    """Draw what can be said of two views, side by side; None where a title cannot be recommended."""
    whole_page_again()
    wording = asked_wording()
    if checked[0] is not None and checked[1] is not None:
        both((scene, checked[0]), (beside, checked[1]))
    left, right = st.columns(2, gap="large")
    for column, one, found in zip((left, right), (scene, beside), checked, strict=True):
        if found is None:
            continue
        with column:
            own = one is scene
            side = "" if own else "-pinned"
            with st.container(border=True, gap="small", key=f"checked{side}"):
                _words(one, found, wording, own)
                if own:
                    choose_wording(wording)
                smallest(one, found, wording, own)
            with st.container(border=True, gap="small", key=f"evidence-card{side}"):
                evidence(one, found, wording, own)


def _words(scene: Scene, found: Verified, wording: Wording, owner: bool = True) -> None:
    words = in_words(found, scene.bench.dataset.catalogue, wording.reader, wording.language)
    label, colour = STATUS[found.status]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**What holds when events are taken away**", width="content")
        st.badge(label, color=colour, help=CHECK_HELP, width="content")
    stamp = f"{scene.name}|{scene.bench.weights[:12]}|{found.case.candidate}|{wording.reader}|{wording.language}"
    sheet = Sheet(scene.name, stamp, wording.language, owner)
    verified_claims(words, found.settings.checks, sheet, key="claims" if owner else "claims-pinned")
    values = found.evidence.values
    methods = "three_signed" if "contribution" in values else "three" if "attention" in values else "two"
    st.caption(plain(messages(wording.language).say("figure", methods, badge=words.agreement)))
    if words.warning:
        st.caption(f":orange[⚠] {plain(words.warning)}")
