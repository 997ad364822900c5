"""Key figures of the data set and the model that are loaded."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain
from pages.ui.url_state import expert
from streamrec_core.data.dataset import DataSet
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.models.card import ModelCard

KINDS = {"synthetic": "synthetic", "ratings": "ratings", "log": "imported log"}
SPLITS = {
    "session": "one session in five is for testing",
    "leave-last-out": "the last event of every session is for testing",
    "time": "the last fifth in time is for testing",
}


def data_facts(dataset: DataSet) -> None:
    """Draw the counts of the data set, and where it comes from."""
    card = dataset.card
    counts = card.counts
    with st.container(border=True, height="stretch"):
        _heading("Data set", card.name, KINDS[card.kind])
        items = int((~dataset.catalogue.neutral).sum())  # as Data set counts them: a home page is none
        _figures({"Sessions": counts.sessions, "Items": items, "Events": counts.events})
        st.caption(
            f"{counts.categories} categories; {SPLITS[card.split]}. Source: {plain(card.source, 160)}. "
            f"Licence: {plain(card.licence, 160)}."
        )


def model_facts(card: ModelCard) -> None:
    """Draw the size of the model, and what it was trained on."""
    shape = card.architecture
    figures = {"Parameters": card.parameters}
    names = {"layers": "Layers", "heads": "Heads per layer"}
    figures |= {label: shape[name] for name, label in names.items() if isinstance(shape.get(name), int)}
    with st.container(border=True, height="stretch"):
        _heading("Model", card.name, card.model)
        if card.model == "foreign":
            _foreign_facts(card)
            return
        _figures(figures)
        st.caption(
            f"Recipe {plain(card.recipe, 40)}, epoch {card.epoch}; trained on {plain(card.data.name, 60)}."
            + (f" Weights {card.weights_sha256[:12]}." if expert() else "")
        )
        if shape.get("additive"):
            st.caption(side_by_side(shape["layers"], shape["heads"], shape.get("context_events", 0)))


def _foreign_facts(card: ModelCard) -> None:
    """Draw where a model of another library comes from, and that its code runs."""
    if card.parameters:
        _figures({"Parameters": card.parameters})
    st.caption(
        f"Loaded from {plain(card.recipe, 80)}. Its code is not StreamRec's: it runs in a process of its own, under "
        "the account of this server and with its rights." + (f" Scores {card.weights_sha256[:12]}." if expert() else "")
    )


def _heading(noun: str, name: str, kind: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{noun} **{plain(name, 60)}**")
        st.badge(kind, color="gray")


def _figures(figures: dict[str, int]) -> None:
    with st.container(horizontal=True, gap="large"):
        for label, value in figures.items():
            st.metric(label, f"{value:,}", width="content")
