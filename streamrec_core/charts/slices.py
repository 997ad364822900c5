"""Metrics of models on slices of the test sessions: dots with error bars, hollow where a slice is thin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import QUIET, REFERENCE, model_colour
from streamrec_core.evaluation.slices import SliceScore

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "pentagon")
DOT_HEIGHT, SLICE_PADDING = 14, 20
"""Pixels of each model in a slice, and between two slices."""
SPREAD = 0.72
"""Share of a slice's height over which its dots are spread."""


@dataclass(frozen=True)
class Column:
    """One model's metric, slice by slice; `number` sets its colour and symbol."""

    name: str
    number: int
    scores: Sequence[SliceScore]


def slices_figure(
    columns: Sequence[Column],
    title: str,
    ceilings: Sequence[SliceScore] = (),
    difference: bool = False,
    share: bool = True,
) -> go.Figure:
    """Draw a row for each slice with a dot for each model, and a bar for the number of sessions.

    The first row is of all sessions, so it has no bar.

    Parameters
    ----------
    columns : sequence of Column
        All with the same slices in the same order.
    title : str
        Of the axis.
    ceilings : sequence of SliceScore
        Best value that can be expected on each slice, drawn as a short line; empty where unknown.
    difference : bool
        Whether values are differences: zero is marked, and the axis shows signs.
    share : bool
        Whether values are shares of sessions, shown in percent.

    Returns
    -------
    Figure
    """
    slices = list(columns[0].scores) if columns else []
    figure = go.Figure()
    for position, column in enumerate(columns):
        shift = dot_shift(position, len(columns))
        for thin in (False, True):
            _add_dots(figure, column, shift, thin, share)
    if ceilings:
        _add_ceilings(figure, slices, ceilings)
    figure.add_bar(
        x=[score.count for score in slices[1:]],
        y=list(range(1, len(slices))),
        orientation="h",
        xaxis="x2",
        width=0.5,
        marker={"color": QUIET, "cornerradius": 2},
        hovertemplate="%{x:,} sessions<extra></extra>",
        showlegend=False,
    )
    form = ("+" if difference else "") + (".1~%" if share else ".2~f")
    figure.update_layout(_layout(slices, len(columns), title, form))
    if difference:
        figure.add_vline(x=0, line={"width": 1.5, "color": QUIET})
    return figure


def dot_shift(position: int, count: int) -> float:
    """Offset of the dots of one of `count` models within a row of height 1, the first on top.

    Parameters
    ----------
    position, count : int
        Which of how many models.

    Returns
    -------
    float
    """
    return (position - (count - 1) / 2) * SPREAD / max(count, 2)


def _add_dots(figure: go.Figure, column: Column, shift: float, thin: bool, share: bool) -> None:
    """The dots of one model, those on thin slices hollow and pale."""
    shown = [(row, score) for row, score in enumerate(column.scores) if score.thin == thin]
    if not shown:
        return
    colour, symbol = model_colour(column.number), SYMBOLS[column.number % len(SYMBOLS)]
    full = all(score.thin for score in column.scores)
    form = ".1%" if share else ".3f"
    figure.add_scatter(
        x=[score.value for _, score in shown],
        y=[row + shift for row, _ in shown],
        mode="markers",
        name=chart_label(column.name, 40),
        legendgroup=str(column.number),
        showlegend=not thin or full,
        opacity=0.6 if thin else 1.0,
        marker={"color": colour, "size": 9, "symbol": f"{symbol}-open" if thin else symbol, "line": {"width": 1.5}},
        error_x=error_bars(
            [score.value for _, score in shown], [score.interval for _, score in shown], colour, width=3
        ),
        customdata=[(chart_label(score.label), score.count, *score.interval) for _, score in shown],
        hovertemplate=(
            f"%{{customdata[0]}}, %{{customdata[1]:,}} sessions<br>%{{x:{form}}}, 95% CI "
            f"%{{customdata[2]:{form}}} to %{{customdata[3]:{form}}}"
            f"<extra>{chart_label(column.name, 40)}</extra>"
        ),
    )


def _add_ceilings(figure: go.Figure, slices: Sequence[SliceScore], ceilings: Sequence[SliceScore]) -> None:
    rows = {score.label: row for row, score in enumerate(slices)}
    x: list[float | None] = []
    y: list[float | None] = []
    for score in ceilings:
        x += [score.value, score.value, None]
        y += [rows[score.label] - 0.4, rows[score.label] + 0.4, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="ceiling",
        line={"color": REFERENCE, "width": 2, "dash": "dot"},
        hovertemplate="ceiling %{x:.1%}<extra></extra>",
    )


def _layout(slices: Sequence[SliceScore], models: int, title: str, form: str) -> dict[str, Any]:
    labels = [f"{chart_label(score.label, 30)}<br>{_sessions(score)}" for score in slices]
    most = max((score.count for score in slices[1:] or slices), default=1)
    return {
        "height": max(DOT_HEIGHT * models + SLICE_PADDING, 40) * len(slices) + 120,
        "margin": {"l": 8, "r": 12, "t": 64, "b": 48},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "yref": "paper", "traceorder": "normal"},
        "xaxis": {
            "domain": [0, 0.86],
            "title": {"text": title, "font": {"size": 12}, "standoff": 8},
            "tickformat": form,
            "fixedrange": True,
            "nticks": 8,
            "zeroline": False,
        },
        "xaxis2": {
            "domain": [0.89, 1],
            "range": [0, most * 1.05],
            "anchor": "y",
            "title": {"text": "sessions", "font": {"size": 12}, "standoff": 8},
            "fixedrange": True,
            "nticks": 3,
            "tickformat": ",",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": list(range(len(slices))),
            "ticktext": labels,
            "range": [len(slices) - 0.5, -0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "ticksuffix": "  ",
        },
        "shapes": row_stripes(len(slices)),
    }


def _sessions(score: SliceScore) -> str:
    return f"<span style='font-size:10px'>{score.count:,} sessions{', thin' if score.thin else ''}</span>"


def row_stripes(rows: int) -> list[dict[str, Any]]:
    """A faint ground for every second of so many rows, to follow one across."""
    return [
        {
            "type": "rect",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": row - 0.5,
            "y1": row + 0.5,
            "line": {"width": 0},
            "fillcolor": "rgba(128, 136, 148, 0.09)",
            "layer": "below",
        }
        for row in range(0, rows, 2)
    ]
