"""The figures of every head in a table: type, measures, and what it looked at most."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from streamrec_core.attention.measures import HeadReading
from streamrec_core.charts.labels import shorten
from streamrec_core.explain.record import Explanation


def head_table(explanation: Explanation, titles: list[str], key: str = "figures") -> None:
    """Draw the figures of every head as a table."""
    share: dict[str, Any] = {"format": "%.2f", "width": 95}
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame([_row(reading, titles) for reading in explanation.heads]),
        hide_index=True,
        key=key,
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
        "Head": f"Layer {reading.layer} head {reading.head}",
        "Type": reading.type,
        "Even attention": reading.type_under_uniform,
        "Entropy": found.entropy,
        "Recency": found.recency_correlation,
        "Same category": found.same_category_weight,
        "Looked at most": ", ".join(
            f"{place + 1} {shorten(titles[place], 32)} ({weight:.2f})" for place, weight in most
        ),
    }
