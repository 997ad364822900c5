"""Slices of the test sessions: the chart of everybody on each, and what a reader must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.compare.metrics import BARE, METRIC_WORDS
from streamrec_core.charts.slices import Column, slices_figure
from streamrec_core.evaluation.slices import THIN


def slices(columns: Sequence[Column], by: str, metric: str, base: str = "", ceilings: Sequence[Any] = ()) -> None:
    """Draw everybody on each slice; with `base`, the figures are differences from the model of that name."""
    word, share = METRIC_WORDS[metric], metric.startswith("hit@")
    title = f"{word}, difference from {base}" if base else word
    st.plotly_chart(
        slices_figure(columns, title, ceilings, difference=bool(base), share=share),
        config=BARE,
        key="slices",
        alt=f"{title} by {by} for {', '.join(column.name for column in columns)}.",
    )
    st.caption(_footnote(columns, ceilings, share and not base))


def _footnote(columns: Sequence[Column], ceilings: Sequence[Any], wilson: bool) -> str:
    line = (
        f"Whiskers are 95% intervals over sessions ({'Wilson' if wilson else 'bootstrap'}). A slice of fewer than "
        f"{THIN} sessions is thin: its dots are hollow, and little can be read from it."
    )
    if ceilings and columns and len(ceilings) < len(columns[0].scores):
        line += (
            " The ceiling is drawn for all sessions only: these slices tell something of the target that no model "
            "can know, so within one of them more can be reached than the best ten reach on average."
        )
    return line
