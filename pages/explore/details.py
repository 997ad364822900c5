"""Details of an explanation, folded below the matrix: one is open at a time, and only that one is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.export import export
from pages.explore.full_maps import full_maps, how_to_read
from pages.explore.head_effects import head_effects
from pages.explore.head_table import head_table
from pages.explore.proof.bring_in import what_brings_it_in
from pages.explore.proof.contrast import evidence
from pages.explore.proof.counterfactual import smallest_removal
from pages.explore.proof.model_comparison import offer_models
from pages.explore.proof.reader import choose_reader, reader_of_link
from pages.explore.proof.section import checked_reasons
from pages.explore.rerun import rerun_if_page_changed
from pages.explore.side_by_side import pin_controls
from pages.explore.url import DETAIL
from pages.ui import notices as ui_notices
from pages.ui.title_search import any_item
from pages.ui.url_state import ITEM, change_url, clear_url, expert, set_url, url_value
from streamrec_core.explain.verified_record import Verified


@dataclass(frozen=True)
class Detail:
    """One foldable part.

    Attributes
    ----------
    label : str
    draw : callable
        Draws it for a view and its check; the check is None where the title cannot be recommended.
    needs_heads, needs_check : bool
        Whether it is offered only for a model with attention heads, or for a title that can be recommended.
    experts : bool
        Whether it is offered at the Expert level only.
    """

    label: str
    draw: Callable[[ExplainedView, Verified | None], None]
    needs_heads: bool = False
    needs_check: bool = False
    experts: bool = False


def _maps(explained: ExplainedView, verified: Verified | None) -> None:
    full_maps(explained)
    how_to_read(explained.explanation, explained.bench)
    if expert():
        head_table(explained.explanation, explained.titles)


def _evidence(explained: ExplainedView, verified: Verified | None) -> None:
    assert verified is not None
    reader = reader_of_link()
    left, right = st.columns(2, gap="large")
    with left, st.container(key="checked"):
        checked_reasons(explained, verified, reader)
    with right, st.container(key="evidence-card"):
        evidence(explained, verified, reader)


def _change(explained: ExplainedView, verified: Verified | None) -> None:
    assert verified is not None
    with st.container(key="change"):
        smallest_removal(explained, verified, reader_of_link())
        what_brings_it_in(explained, verified)


def _title(explained: ExplainedView, verified: Verified | None) -> None:
    any_item(explained.bench.dataset.catalogue, lambda item_id: change_url(ITEM, item_id))


def _model(explained: ExplainedView, verified: Verified | None) -> None:
    offer_models(explained)
    if expert():
        pin_controls(explained)


DETAILS = {
    "maps": Detail("Full maps", _maps, needs_heads=True),
    "evidence": Detail("Removal and gradients", _evidence, needs_check=True),
    "change": Detail("What would change it", _change, needs_check=True),
    "heads": Detail("Heads off", lambda explained, _: head_effects(explained.explanation), needs_heads=True),
    "title": Detail("Other title", _title),
    "model": Detail("Other model", _model),
    "wording": Detail("Wording", lambda explained, _: choose_reader(reader_of_link()), needs_check=True),
    "export": Detail("Export", lambda explained, verified: export(explained, verified)),
}
"""By the name in the URL."""


@st.fragment
@ui_notices.named_faults()
def details(explained: ExplainedView, verified: Verified | None) -> None:
    """Draw the choice of a detail, and the one that is open; only this part runs again for another."""
    rerun_if_page_changed()
    offered = {
        name: detail
        for name, detail in DETAILS.items()
        if (explained.explanation.heads or not detail.needs_heads) and (verified is not None or not detail.needs_check)
    }
    name = url_value(DETAIL)
    if name not in offered:
        clear_url(DETAIL)
        name = None
    st.session_state["detail"] = name
    st.segmented_control(
        "Look closer",
        list(offered),
        key="detail",
        format_func=lambda option: offered[option].label,
        on_change=_take_detail,
        label_visibility="collapsed",
    )
    if name is not None:
        with st.container(border=True, key=f"detail-{name}"):
            offered[name].draw(explained, verified)


def _take_detail() -> None:
    name = st.session_state["detail"]
    set_url(DETAIL, name) if name else clear_url(DETAIL)
