"""Fact and foil: the evidence for the explained title alone, or for it over a second title."""

from __future__ import annotations

import streamlit as st

from pages.explore import cached, notices
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.evidence_bars import HOW_TO_READ, bars, disagreement, method_values
from pages.explore.url import RIVAL
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.title_search import MOST_MATCHES, matching_items
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.contrast import contrast_words
from streamrec_core.explain.verified_record import Verified

ALONE = ""
TITLE_WIDTH = 60


def evidence(explained: ExplainedView, verified: Verified, reader: str, owner: bool = True) -> None:
    """Draw the bars and, where a second title is selected, what speaks for either."""
    catalogue = explained.bench.dataset.catalogue
    foil = _foil_of_link(explained, verified)
    st.markdown("**Evidence by event**", help=say(HOW_TO_READ))
    if owner:
        _choose_foil(explained, foil)
    drawn, values = verified.evidence, method_values(verified.evidence, explained.explanation.contributions)
    if foil is not None:
        contrast = cached.contrast(explained, foil, verified)
        drawn, values = contrast.evidence, method_values(contrast.evidence)
        for line in contrast_words(contrast, catalogue, reader):
            st.markdown(plain(line))
    stamp = f"{explained.session_key}|{explained.bench.weights[:12]}|{verified.case.candidate}|{foil}"
    names = explained.session_key, stamp
    bars(drawn, values, catalogue, names, key="evidence" if owner else "evidence-pinned")
    sentences = [disagreement(values)]
    if "attention" not in drawn.values:
        sentences.append("This model has no attention; gradients and removal are its evidence.")
    elif foil is not None:
        sentences.append(say("Attention is the same for both titles."))
    st.caption(" ".join(sentences))


def _foil_of_link(explained: ExplainedView, verified: Verified) -> int | None:
    """Catalogue row of the second title; an unknown one is named, and one that cannot be compared is cleared."""
    item_id = url_value(RIVAL)
    if not item_id:
        return None
    catalogue = explained.bench.dataset.catalogue
    row = catalogue.rows.get(item_id)
    if row is None:
        notices.not_available((f"{say('second title')} {item_id[:40]!r}",))
    if row is None or row == verified.case.candidate or catalogue.neutral[row]:
        clear_url(RIVAL)
        return None
    return row


def _choose_foil(explained: ExplainedView, foil: int | None) -> None:
    """Draw the choice of the second title: one of the top ten, or any of the catalogue."""
    catalogue, explanation = explained.bench.dataset.catalogue, explained.explanation
    labels = {item.item_id: f"{item.rank} · {item.title}" for item in explanation.recommendations}
    labels.pop(explanation.candidate.item_id, None)
    item_id = ALONE if foil is None else catalogue.item_ids[foil]
    if item_id not in labels and foil is not None:
        labels[item_id] = catalogue.titles[foil]
    st.session_state["rival"] = item_id
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="rivals"):
        st.selectbox(
            say("Why this title and not …"),
            [ALONE, *labels],
            key="rival",
            format_func=lambda item_id: labels.get(item_id, say("none: this title alone")),
            on_change=_take,
        )
        with st.popover(say("Any title"), icon=":material/search:", help="Any item of the catalogue"):
            query = st.text_input(
                say("Title or id"), key="search_rival", max_chars=120, placeholder=say("a word of the title")
            )
            rows = [row for row in matching_items(catalogue, query) if row != explanation.candidate.row]
            if query and not rows:
                st.caption("No other item matches.")
            for row in rows:
                label = f"**{plain(catalogue.titles[row], TITLE_WIDTH)}** · {plain(catalogue.category(row), 30)}"
                values = {RIVAL: catalogue.item_ids[row]}
                st.button(label, key=f"rival-{row}", on_click=update_url, args=(values,), type="tertiary")
            if len(rows) == MOST_MATCHES:
                st.caption(say(f"The first {MOST_MATCHES} matches; type more of the title to narrow them."))


def _take() -> None:
    update_url({RIVAL: st.session_state["rival"] or None})
