"""Table of all heads: type, measures, and the events with most attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.data_table import data_table
from pages.ui.nouns import say
from streamrec_core.attention.measures import HeadReading
from streamrec_core.attention.special_positions import is_shown
from streamrec_core.data.shown_text import shown_text
from streamrec_core.explain.record import Explanation

ON_NO_EVENT = "Share of attention on padding, MASK and other positions without an event; the rest is scaled to events."


def head_table(explanation: Explanation, titles: list[str]) -> None:
    """Draw the measures of every head as a table."""
    special = explanation.special_shares if is_shown(explanation.special_shares) else None
    share: dict[str, Any] = {"format": "%.2f", "width": 95}
    number = st.column_config.NumberColumn
    data_table(
        pd.DataFrame(
            [
                _row(reading, titles, explanation.history.number)
                | ({} if special is None else {"On no event": special[reading.layer, reading.head]})
                for reading in explanation.heads
            ]
        ),
        hide_index=True,
        key="figures",
        column_config={
            "Entropy": number(help="0: all attention on one event; 1: uniform. Below 0.50 is focused.", **share),
            "Recency": number(help="Correlation of attention and position. Above 0.60 is recency.", **share),
            "Same category": number(
                help="Share of attention on the last item's category. Above 0.50 is category.", **share
            ),
            "On no event": number(help=ON_NO_EVENT, format="percent", width=95),
            "Most attention on": st.column_config.TextColumn(
                width="large", help=say("Number of the event, its title, and its share of attention.")
            ),
            "Under uniform attention": st.column_config.TextColumn(
                help="Type that uniform attention would be given in this session."
            ),
        },
        alt="Type and measures of every head, and the events with most attention.",
    )


def _row(reading: HeadReading, titles: list[str], number: Callable[[int], int]) -> dict[str, object]:
    measures = reading.measures
    top_events = zip(reading.top_positions, reading.top_weights, strict=True)
    return {
        "Head": f"Layer {reading.layer} head {reading.head}",
        "Type": reading.type,
        "Under uniform attention": reading.type_under_uniform,
        "Entropy": measures.entropy,
        "Recency": measures.recency_correlation,
        "Same category": measures.same_category_weight,
        "Most attention on": ", ".join(
            f"{number(position)} {shown_text(titles[position], 32)} ({weight:.2f})" for position, weight in top_events
        ),
    }
