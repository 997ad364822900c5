"""The model's main parameters: the named terms of its heads in plain words, with what is lost without each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.heads.profile import losses
from pages.ui.data_table import data_table
from pages.ui.nouns import say
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.data.shown_number import shown_interval
from streamrec_core.explain.parameters import Parameter


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
    data_table(
        pd.DataFrame([_row(parameter) for parameter in parameters]),
        file="named-terms",
        hide_index=True,
        column_config={
            "In plain words": st.column_config.TextColumn(width=620),
            "Head": st.column_config.TextColumn(width=60, help="Layer and head"),
            "Figure": st.column_config.NumberColumn(format="%.2f", width=80, help=say(FIGURE_HELP)),
            "Over seeds": st.column_config.TextColumn(width=110, help=SEEDS_HELP),
        },
        alt="Every named term of every head: in plain words, its figure, and its interval over seeds.",
    )
    st.caption(
        "These patterns are built in: each head starts with its terms and initial values, and training adjusts them."
    )


FIGURE_HELP = (
    "What the term adds to an attention score; for recency, what each event further back costs. For what people "
    "watched next: its weight in the score beside the attention, mean over engagements."
)
SEEDS_HELP = "95% CI of the mean over models that differ only in their seed, where several were trained."


def _row(parameter: Parameter) -> dict[str, object]:
    spread = parameter.spread
    return {
        "In plain words": parameter.words,
        "Head": f"L{parameter.layer}H{parameter.head}",
        "Figure": parameter.figure,
        "Over seeds": shown_interval((spread.low, spread.high)) if spread else "one seed",
    }
