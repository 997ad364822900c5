"""Metrics by slice of the test sessions: the chart, and a footnote on intervals, small slices and ceilings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui.chart import chart
from streamrec_core.charts.slices import Column, slices_figure
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.evaluation.slices import THIN


def slices(columns: Sequence[Column], by: str, metric: str, base: str = "", ceilings: Sequence[Any] = ()) -> None:
    """Draw every model on each slice; with `base`, the values are differences from the model of that name."""
    word, share = METRIC_TITLES[metric], metric.startswith("hit@")
    title = f"{word}, difference from {base}" if base else word
    chart(
        slices_figure(columns, title, ceilings, difference=bool(base), share=share),
        key="slices",
        alt=f"{title} by {by} for {', '.join(column.name for column in columns)}.",
    )
    interval = "Wilson" if share and not base else "bootstrap"
    line = (
        f"Error bars: 95% CI over sessions ({interval}). Hollow dots: fewer than {THIN} sessions, too few to draw "
        "conclusions."
    )
    if ceilings and columns and len(ceilings) < len(columns[0].scores):
        line += (
            " The ceiling is drawn for all sessions only: these slices depend on the target, which no model can know, "
            "so within one of them a model can exceed the average of the best possible ten."
        )
    st.caption(line)
