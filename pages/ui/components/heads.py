"""All heads of one explanation: the maps, the row the prediction was made from, and the figures in a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from streamrec_core.attention.measures import HeadReading
from streamrec_core.charts.heads import UNEARNED_MARK, maps_figure, prediction_figure, scale_top
from streamrec_core.charts.labels import shorten
from streamrec_core.explain.record import Explanation

BARE = {"displayModeBar": False}
MEANINGS = {
    "focused": "most weight on very few events",
    "recency": "the later the event, the more weight",
    "category": "more than half the weight on the last item's category",
    "distributed": "none of these patterns",
}


def heads(explanation: Explanation, titles: list[str]) -> None:
    """Draw the maps of all heads, and the predicting row with titles."""
    every, row = st.tabs(["All heads, all events", "Where the prediction looked"])
    with every, st.container(key="maps"):
        st.plotly_chart(maps_figure(explanation, titles), config=BARE, key="heads-maps", alt=_maps_alt(explanation))
    with row, st.container(key="rows"):
        st.plotly_chart(
            prediction_figure(explanation, titles),
            config=BARE,
            key="heads-row",
            alt="How much each head looked at each event when it predicted; the table below has the figures.",
        )


def how_to_read(explanation: Explanation) -> None:
    """Two sentences on the maps, and what each type means."""
    top = scale_top(explanation.maps)
    st.caption(
        "Each map is one head. A row is the event that is looking, a column the event it looks at; the stronger its "
        "colour, the larger the share of its attention. Events cannot look at what comes after them, so the upper "
        "right stays grey. The prediction is made from the last row, framed in orange. All maps share one colour "
        f"scale, which ends at the heaviest weight in those rows ({top:.2f})."
    )
    types = " · ".join(f"**{name}**: {meaning}" for name, meaning in MEANINGS.items())
    st.caption(f"{types} · **{UNEARNED_MARK}**: even attention over this session would be called the same")


def head_table(explanation: Explanation, titles: list[str]) -> None:
    """Draw the figures of every head as a table."""
    share = {"format": "%.2f", "width": 95}
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame([_row(reading, titles) for reading in explanation.heads]),
        hide_index=True,
        column_config={
            "Entropy": number(help="0: all weight on one event; 1: even. Below 0.50 is focused.", **share),
            "Recency": number(help="Correlation of weight and position. Above 0.60 is recency.", **share),
            "Same category": number(
                help="Share of weight on the last item's category. Above 0.50 is category.", **share
            ),
            "Looked at most": st.column_config.TextColumn(
                width="large", help="Number of the event, its title, and the share of attention on it."
            ),
            "Even attention": st.column_config.TextColumn(
                help="What a head that looks at everything alike would be called in this session."
            ),
        },
        alt="Type and figures of every head, and the events it looked at most.",
    )


def _row(reading: HeadReading, titles: list[str]) -> dict[str, object]:
    found = reading.measures
    most = zip(reading.top_positions, reading.top_weights, strict=True)
    return {
        "Head": f"layer {reading.layer}, head {reading.head}",
        "Type": reading.type,
        "Even attention": reading.even_type,
        "Entropy": found.entropy,
        "Recency": found.recency_correlation,
        "Same category": found.same_category_weight,
        "Looked at most": ", ".join(
            f"{place + 1} {shorten(titles[place], 32)} ({weight:.2f})" for place, weight in most
        ),
    }


def _maps_alt(explanation: Explanation) -> str:
    found = ", ".join(f"layer {head.layer} head {head.head} {head.type}" for head in explanation.heads)
    return f"Attention of {len(explanation.heads)} heads over {len(explanation.history)} events: {found}."
