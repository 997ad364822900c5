"""The model's main parameters: the named terms of its heads in plain words, with what is lost without each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.heads.profile import losses
from pages.ui.data_table import short_table
from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.data.shown_number import shown_interval, shown_number
from streamrec_core.explain.parameters import Parameter
from streamrec_core.models.terms import TIME_GAP


def named_terms(parameters: Sequence[Parameter], parts: Sequence[PartImportance], sessions: int) -> None:
    """Draw what the model loses without each named term, and every figure behind it."""
    st.markdown(
        say(
            "This model's heads use **named terms** beside the content of the titles. Each is a figure that can be "
            "read, and each can be switched off to see its effect."
        )
    )
    if parts:
        losses(parts, "named term")
        st.caption(
            "Points that the first recommendation loses when a term is switched off in all heads, mean over "
            f"{sessions:,} test sessions; error bars: 95% CI."
        )
    seeds = any(parameter.spread for parameter in parameters)
    rows = pd.DataFrame([_row(parameter) for parameter in parameters])
    short_table(
        [_cells(row, seeds) for row in rows.to_dict("records")],
        whole=rows,
        file="named-terms",
        alt="Every named term of every head: in plain words, its figure and, where known, its interval over seeds.",
    )
    explained = [say(FIGURES_EXPLAINED)]
    if any(parameter.term == TIME_GAP for parameter in parameters):
        explained.append(TIME_GAP_EXPLAINED)
    st.caption(" ".join([*explained, SEEDS_EXPLAINED] if seeds else explained))
    st.caption(
        "These patterns are built in: each head starts with its terms and initial values, and training adjusts them."
    )


FIGURES_EXPLAINED = (
    "Figure: what the term adds to an attention score; for recency, what each event further back costs. For what "
    "people watched next or soon after: its weight in the score beside the attention, mean over engagements."
)
TIME_GAP_EXPLAINED = "For the time since the event: what an hour costs."
SEEDS_EXPLAINED = "Over seeds: 95% CI of the mean over models that differ only in their seed."


def _row(parameter: Parameter) -> dict[str, object]:
    spread = parameter.spread
    return {
        "In plain words": parameter.words,
        "Head": f"L{parameter.layer}H{parameter.head}",
        "Figure": parameter.figure,
        "Over seeds": shown_interval((spread.low, spread.high)) if spread else "one seed",
    }


def _cells(row: Mapping[Hashable, Any], seeds: bool) -> dict[str, str]:
    """What is drawn of a row: no column for seeds where there is one only."""
    cells = {"In plain words": plain(row["In plain words"]), "Head": row["Head"], "Figure": shown_number(row["Figure"])}
    return cells | ({"Over seeds": row["Over seeds"]} if seeds else {})
