"""Accuracy of models as bars with error bars (95 % CI), and the ceiling of the data."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET, REFERENCE
from streamrec_core.evaluation.compare import ModelMetrics
from streamrec_core.evaluation.metrics import METRIC_TITLES

BAR_HEIGHT = 46


def quality_figure(
    rows: Sequence[ModelMetrics], shown: str, metric: str = "hit@10", ink: str = INK["light"]
) -> go.Figure:
    """Draw a bar for each model, the best on top, with error bars; a line marks the ceiling.

    Parameters
    ----------
    rows : sequence of ModelMetrics
    shown : str
        Name of the loaded model, which has the accent colour.
    metric : str
        Key in `metrics`.
    ink : str
        Colour of the error bars.

    Returns
    -------
    Figure
    """
    ordered = sorted(rows, key=lambda row: float(row.metrics[metric]))
    values = [float(row.metrics[metric]) for row in ordered]
    spans = [row.metrics[f"{metric}_interval"] for row in ordered]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[chart_label(row.model, 32) for row in ordered],
            orientation="h",
            marker={"color": [ACCENT if row.model == shown else QUIET for row in ordered], "cornerradius": 3},
            error_x=error_bars(values, spans, ink, width=5),
            customdata=[(low, high) for low, high in spans],
            hovertemplate="%{y}<br>%{x:.3f}, 95% CI %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
        )
    )
    ceiling = next((row.metrics[f"ceiling_{metric}"] for row in rows if f"ceiling_{metric}" in row.metrics), None)
    if ceiling is not None:
        _mark_ceiling(figure, float(ceiling))
    highest = max([high for _, high in spans] + ([float(ceiling)] if ceiling is not None else []))
    form = ".1~%" if metric.startswith("hit@") else ".2~f"
    figure.update_xaxes(range=[0, highest * 1.12], tickformat=form, fixedrange=True, zeroline=True)
    figure.update_xaxes(title=f"{METRIC_TITLES[metric]} on the test sessions")
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(rows) + 96, margin={"l": 8, "r": 16, "t": 36, "b": 48}, bargap=0.42
    )


def _mark_ceiling(figure: go.Figure, ceiling: float) -> None:
    figure.add_vline(
        x=ceiling,
        line={"width": 1.5, "dash": "dot", "color": REFERENCE},
        annotation={"text": f"ceiling {ceiling:.1%}", "xanchor": "right", "yanchor": "bottom", "font": {"size": 12}},
        annotation_position="top",
    )
