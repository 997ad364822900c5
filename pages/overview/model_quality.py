"""Accuracy of the model: one plain sentence, and bars beside simple rules and the ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.overview import cached
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.charts.palette import INK
from streamrec_core.charts.quality import quality_figure
from streamrec_core.evaluation.compare import ModelMetrics


def quality(rows: Sequence[ModelMetrics], bench: Workbench) -> None:
    """Draw the comparison on the test sessions."""
    shown = bench.model.name if bench.model is not None else ""
    row = next((row for row in rows if row.model == shown), None)
    if row is not None:
        st.markdown(_sentence(row))
    ink = INK[st.context.theme.type or "light"]
    st.plotly_chart(
        cached.figure("quality", ink, bench, lambda: quality_figure(rows, shown, ink=ink)),
        config={"displayModeBar": False},
        key="quality",
        alt="Hit@10 by model: " + ", ".join(f"{row.model} {row.metrics['hit@10']:.1%}" for row in rows),
    )
    st.caption(_footnote(rows))


def _sentence(row: ModelMetrics) -> str:
    hit, (low, high) = row.metrics["hit@10"], row.metrics["hit@10_interval"]
    line = (
        f"In **{hit:.1%}** of {row.metrics['n_sessions']:,} test sessions the item that came next is in the top ten of "
        f"{plain(row.model, 60)} (95% CI {low:.1%} to {high:.1%})."
    )
    ceiling = row.metrics.get("ceiling_hit@10")
    return line if ceiling is None else f"{line} The best possible on this data is **{ceiling:.1%}**."


def _footnote(rows: Sequence[ModelMetrics]) -> str:
    line = "Hit@10, ranked over the whole catalogue; error bars: 95% CI over sessions."
    if any("ceiling_hit@10" in row.metrics for row in rows):
        line += (
            " The ceiling is what ten guesses with full knowledge of the generator reach on average; by chance a "
            "measured bar can be a little above it."
        )
    return line
