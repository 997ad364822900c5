"""How good the model is: one plain sentence and the bars beside simple rules and the ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import cached as ui_cached
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.charts.palette import INK
from streamrec_core.charts.quality import quality_figure
from streamrec_core.evaluation.compare import ModelMetrics


def quality(rows: Sequence[ModelMetrics], bench: Workbench) -> None:
    """Draw the comparison on the test sessions."""
    shown = bench.model.name if bench.model is not None else ""
    own = next((row for row in rows if row.model == shown), None)
    if own is not None:
        st.markdown(_sentence(own))
    ink = INK[st.context.theme.type or "light"]
    key = "quality", bench.weights, bench.events_hash, shown, ink
    st.plotly_chart(
        ui_cached.finished_figure(key, lambda: quality_figure(rows, shown, ink=ink)),
        config={"displayModeBar": False},
        key="quality",
        alt="Hit@10 by model: " + ", ".join(f"{row.model} {row.metrics['hit@10']:.1%}" for row in rows),
    )
    st.caption(_footnote(rows))


def _sentence(own: ModelMetrics) -> str:
    hit, (low, high) = own.metrics["hit@10"], own.metrics["hit@10_interval"]
    line = (
        f"In **{hit:.1%}** of {own.metrics['n_sessions']:,} test sessions the item that really came next is among the "
        f"ten that {plain(own.model, 60)} names (95% interval {low:.1%} to {high:.1%})."
    )
    ceiling = own.metrics.get("ceiling_hit@10")
    return line if ceiling is None else f"{line} Nobody could expect more than **{ceiling:.1%}** on these data."


def _footnote(rows: Sequence[ModelMetrics]) -> str:
    line = "Hit@10, ranked over the whole catalogue; whiskers are 95% intervals over sessions."
    if any("ceiling_hit@10" in row.metrics for row in rows):
        line += (
            " The ceiling is what ten guesses with full knowledge of the generator would reach on average; chance can "
            "lift a measured bar a little above it."
        )
    return line
