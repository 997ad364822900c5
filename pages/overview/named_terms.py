"""The model's main parameters: the named terms of its heads in plain words, and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui import cached
from pages.ui.workbench import Workbench
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.charts.palette import INK
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import Parameter, TermEffect

BARE = {"displayModeBar": False}


def main_parameters(parameters: Sequence[Parameter], worth: Sequence[TermEffect], bench: Workbench) -> None:
    """Draw what the model goes by, over many sessions, and every figure behind it."""
    st.markdown(
        "This model's heads go by **named terms** beside the content of the titles. Each can be read as a figure, and "
        "each can be switched off to see what it is worth."
    )
    effects, ink = [Effect(one.title, one.mean, one.interval) for one in worth], INK[st.context.theme.type or "light"]
    key = "term worth", bench.weights, bench.events_hash, ink
    st.plotly_chart(
        cached.finished_figure(key, lambda: effects_figure(effects, ink=ink)),
        config=BARE,
        key="term-worth",
        alt="What each named term is worth: " + ", ".join(f"{one.title} {one.mean:.2f} nats" for one in worth),
    )
    st.caption(
        "Mean over test sessions of what the first recommendation loses when a term is switched off in all heads; "
        "whiskers are 95% intervals. A nat is a factor of 2.7 in probability."
    )
    st.dataframe(
        pd.DataFrame([_row(one) for one in parameters]),
        hide_index=True,
        column_config={
            "In plain words": st.column_config.TextColumn(width="large"),
            "Head": st.column_config.TextColumn(width="small", help="layer.head"),
            "Figure": st.column_config.NumberColumn(format="%.2f", width="small", help=FIGURE_HELP),
            "Over seeds": st.column_config.TextColumn(width="small", help=SEEDS_HELP),
        },
        alt="Every named term of every head: in plain words, its figure, and its interval over seeds.",
    )
    st.caption("These patterns are built in: each head was given its terms and first values, and training moved them.")
    if bench.model is not None:
        probes = bench.model.attention_probes()
        st.caption(side_by_side(len(probes), probes[0].heads))


FIGURE_HELP = (
    "What the term adds to an attention score; for recency, what each event further back costs. Of what people watched "
    "next: what it counts in the score beside the attention, mean over engagements."
)
SEEDS_HELP = "95% interval of the mean over models that differ in their seed only, where several were trained."


def _row(one: Parameter) -> dict[str, object]:
    spread = f"{one.spread.low:.2f} to {one.spread.high:.2f}" if one.spread else "one seed"
    return {
        "In plain words": one.words,
        "Head": f"{one.layer}.{one.head}",
        "Figure": one.figure,
        "Over seeds": spread,
    }
