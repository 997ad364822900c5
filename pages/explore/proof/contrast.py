"""Why X and not Y: the evidence of the explained title alone, or over any second one."""

from __future__ import annotations

import streamlit as st

from pages.explore import cached, notices
from pages.explore.proof.audience import Wording
from pages.explore.proof.evidence_bars import HOW_TO_READ, bars, disagreement, shown
from pages.explore.recommendations import FOUND_AT_MOST, matching_items
from pages.explore.scene import Scene
from pages.explore.url import RIVAL
from pages.ui.escape import plain
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.contrast import contrast_words
from streamrec_core.explain.verified import Verified

ALONE = ""
TITLE_WIDTH = 60


def evidence(scene: Scene, found: Verified, wording: Wording, owner: bool = True) -> None:
    """Draw the bars and, where a second title is chosen, what speaks for either."""
    catalogue = scene.bench.dataset.catalogue
    rival = _asked_rival(scene, found)
    side = "" if owner else "-pinned"
    st.markdown("**The evidence, event by event**", help=HOW_TO_READ)
    if owner:
        _choose(scene, rival)
    shown_evidence, values = found.evidence, shown(found.evidence, scene.found.contributions)
    if rival is not None:
        against = cached.contrast(scene, found, rival)
        shown_evidence, values = against.evidence, shown(against.evidence)
        for line in contrast_words(against, catalogue, wording.reader, wording.language):
            st.markdown(plain(line))
    stamp = f"{scene.name}|{scene.bench.weights[:12]}|{found.case.candidate}|{rival}"
    bars(shown_evidence, values, catalogue, (scene.name, stamp), key=f"evidence{side}")
    told = disagreement(values)
    if rival is not None and "attention" in shown_evidence.values:
        told += " Attention is the same whichever title is asked about."
    if "attention" not in shown_evidence.values:
        told += " This model has no attention; gradients and removal speak for it."
    st.caption(told)


def _asked_rival(scene: Scene, found: Verified) -> int | None:
    """Catalogue row of the second title; one that is not here, or is the title itself, is told and left out."""
    asked = url_value(RIVAL)
    if not asked:
        return None
    catalogue = scene.bench.dataset.catalogue
    row = catalogue.rows.get(asked)
    if row is None:
        notices.broken_view((f"the second title {asked[:40]!r}",))
    if row is None or row == found.case.candidate or catalogue.neutral[row]:
        clear_url(RIVAL)
        return None
    return row


def _choose(scene: Scene, rival: int | None) -> None:
    """Draw the choice of the second title: one of the ten, or any of the catalogue."""
    catalogue, found = scene.bench.dataset.catalogue, scene.found
    near = {item.item_id: f"{item.rank} · {item.title}" for item in found.recommendations}
    near.pop(found.candidate.item_id, None)
    now = ALONE if rival is None else catalogue.item_ids[rival]
    if now not in near and rival is not None:
        near[now] = catalogue.titles[rival]
    st.session_state["rival"] = now
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="rivals"):
        st.selectbox(
            "Why this title and not …",
            [ALONE, *near],
            key="rival",
            format_func=lambda item_id: near.get(item_id, "no other: this title alone"),
            on_change=_take,
        )
        with st.popover("Any title", icon=":material/search:", help="Any item of the catalogue"):
            typed = st.text_input("Title or id", key="search_rival", max_chars=120, placeholder="a word of the title")
            rows = [row for row in matching_items(catalogue, typed) if row != found.candidate.row]
            if typed and not rows:
                st.caption("No other item has this in its title or as its id.")
            for row in rows:
                label = f"**{plain(catalogue.titles[row], TITLE_WIDTH)}** · {plain(catalogue.category(row), 30)}"
                chosen = {RIVAL: catalogue.item_ids[row]}
                st.button(label, key=f"rival-{row}", on_click=update_url, args=(chosen,), type="tertiary")
            if len(rows) == FOUND_AT_MOST:
                st.caption(f"The first {FOUND_AT_MOST}; type more of the title to see others.")


def _take() -> None:
    update_url({RIVAL: st.session_state["rival"] or None})
