"""Charts of a data set: session lengths, categories, engagement, popularity and split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, QUIET, SPLIT_COLOURS, category_colour, text_on
from streamrec_core.charts.readable import READABLE_OR_NONE
from streamrec_core.data.browse.figures import Figures, PartFigures
from streamrec_core.data.catalogue import IntArray

MOST_BARS = 50
"""Maximum number of bars; beyond it, several lengths share a bar."""
FEW_BARS = 6
"""Fewer bars than this are drawn slim."""
MOST_POINTS = 300
MOST_CATEGORIES = 25
"""Number of categories drawn, the largest first, besides the selected one."""
HEIGHT, BAR_HEIGHT = 260, 22
FADED = 0.3
"""Opacity of the categories that are not selected."""


def lengths_figure(figures: Figures) -> go.Figure:
    """Draw sessions by their number of events before the target, as bars."""
    labels, sessions = length_bars(figures.lengths, figures.length_sessions)
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=sessions,
            marker={"color": ACCENT},
            hovertemplate="%{x} events<br>%{y:,} sessions<extra></extra>",
        )
    )
    figure.update_xaxes(title="events before the target", type="category", nticks=12, tickangle=0)
    figure.update_traces(width=0.5 if len(labels) < FEW_BARS else None)
    figure.update_yaxes(title="sessions", rangemode="tozero", tickformat=",")
    return _laid_out(figure, HEIGHT)


def length_bars(lengths: IntArray, sessions: IntArray) -> tuple[list[str], list[int]]:
    """Group lengths into at most `MOST_BARS` bars of equal width.

    Parameters
    ----------
    lengths : (n,) int64
        Distinct lengths, ascending.
    sessions : (n,) int64
        Sessions of each length.

    Returns
    -------
    (list of str, list of int)
        Labels and heights; 0 for lengths that do not occur.
    """
    if not len(lengths):
        return [], []
    low, high = int(lengths[0]), int(lengths[-1])
    width = -(-(high - low + 1) // MOST_BARS)
    heights = np.bincount((lengths - low) // width, weights=sessions).astype(np.int64)
    starts = low + width * np.arange(len(heights))
    labels = [f"{start}" if width == 1 else f"{start} to {min(start + width - 1, high)}" for start in starts.tolist()]
    return labels, heights.tolist()


def categories_figure(figures: Figures, categories: Sequence[str]) -> go.Figure:
    """Draw events by category, the most frequent on top; where one is selected the others are faded.

    Parameters
    ----------
    figures : Figures
    categories : sequence of C str
        In the order of the catalogue, which sets their colours.

    Returns
    -------
    Figure
        The `customdata` of a bar is the unescaped name.
    """
    names = _drawn(figures)
    total = max(sum(figures.category_events.values()), 1)
    figure = go.Figure(
        go.Bar(
            x=[figures.category_events[name] for name in names],
            y=[chart_label(name, 24) for name in names],
            customdata=[[name] for name in names],
            text=[f"{figures.category_events[name] / total:.1%}" for name in names],
            textposition="outside",
            cliponaxis=False,
            orientation="h",
            marker={
                "color": [_shade(name, categories, figures.category) for name in names],
                "cornerradius": 2,
            },
            hovertemplate="%{y}<br>%{x:,} events<extra></extra>",
        )
    )
    figure.update_xaxes(title="events", nticks=5, range=[0, 1.15 * max(figures.category_events.values(), default=1)])
    figure.update_yaxes(type="category", automargin=True)
    return _laid_out(figure, max(HEIGHT, BAR_HEIGHT * len(names) + 70))


def _shade(name: str, categories: Sequence[str], selected: str) -> str:
    """The category's colour, or a transparent one: bars with an opacity of their own would ignore clicks."""
    hue = category_colour(list(categories).index(name))
    red, green, blue = (int(hue[digit : digit + 2], 16) for digit in (1, 3, 5))
    return hue if selected in ("", name) else f"rgba({red}, {green}, {blue}, {FADED})"


def _drawn(figures: Figures) -> list[str]:
    """The categories to draw, the smallest first, which is at the bottom."""
    names = list(figures.category_events)
    rest = [name for name in names[MOST_CATEGORIES:] if name == figures.category]
    return [*names[:MOST_CATEGORIES], *rest][::-1]


def engagement_figure(figures: Figures, words: Sequence[str]) -> go.Figure:
    """Draw events by engagement, the weakest on top.

    Parameters
    ----------
    figures : Figures
    words : sequence of str
        Name of each of the five kinds of engagement, in order.

    Returns
    -------
    Figure
    """
    total = max(sum(figures.engagement_events), 1)
    events = list(figures.engagement_events)[::-1]
    figure = go.Figure(
        go.Bar(
            x=events,
            y=list(words)[::-1],
            text=[f"{number / total:.1%}" for number in events],
            textposition="outside",
            cliponaxis=False,
            orientation="h",
            marker={"color": ACCENT, "cornerradius": 2},
            hovertemplate="%{y}<br>%{x:,} events<extra></extra>",
        )
    )
    figure.update_xaxes(title="events", nticks=5, range=[0, 1.18 * max(*events, 1)])
    figure.update_yaxes(type="category", automargin=True)
    return _laid_out(figure, HEIGHT)


def popularity_figure(figures: Figures) -> go.Figure:
    """Draw events of each item by popularity rank, on logarithmic axes; items without events are left out."""
    counts = figures.popularity[figures.popularity > 0]
    ranks = np.unique(np.geomspace(1, max(len(counts), 1), MOST_POINTS).round().astype(np.int64))[: len(counts)]
    figure = go.Figure(
        go.Scatter(
            x=ranks,
            y=counts[ranks - 1],
            mode="lines",
            line={"color": ACCENT, "width": 2.5},
            hovertemplate="popularity rank %{x:,}<br>%{y:,} events<extra></extra>",
        )
    )
    tenth = int(np.ceil(len(figures.popularity) * 0.1))
    if 1 < tenth < len(counts):
        figure.add_vline(
            x=tenth,
            line={"width": 1.5, "dash": "dot", "color": QUIET},
        )
        text = f"top 10% of items: {figures.top_share():.0%} of events"
        position = {"x": float(np.log10(tenth)), "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(text=text, showarrow=False, font={"size": 12}, **position)
    figure.update_xaxes(title="popularity rank", **_tenfold(len(counts)))
    figure.update_yaxes(title="events", **_tenfold(int(counts[0]) if len(counts) else 1))
    return _laid_out(figure, HEIGHT, top=28)


def _tenfold(highest: int) -> dict[str, Any]:
    """A logarithmic axis from 1, with a tick at every power of ten, or at every digit for a short axis."""
    top = float(np.log10(max(highest, 2)))
    step = 1 if top > 1.5 else "D1" if top <= 1 else "D2"
    return {"type": "log", "dtick": step, "tickformat": ",", "range": [-0.04 * top, 1.04 * top]}


def split_figure(parts: Sequence[PartFigures]) -> go.Figure:
    """Draw the events of each part of the split as one stacked bar."""
    total = max(sum(part.events for part in parts), 1)
    figure = go.Figure([_piece(part, total) for part in parts])
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": -0.1, "x": 0, "traceorder": "normal"})
    figure.update_layout(uniformtext=READABLE_OR_NONE)
    return _laid_out(figure, 130, top=8)


def _piece(part: PartFigures, total: int) -> go.Bar:
    share = part.events / total
    return go.Bar(
        x=[part.events],
        y=["events"],
        orientation="h",
        name=part.name,
        marker={"color": SPLIT_COLOURS[part.name]},
        text=f"{share:.0%}",
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": text_on(SPLIT_COLOURS[part.name])},
        hovertemplate=f"{part.name}<br>{part.events:,} events, {share:.1%}<extra></extra>",
    )


def _laid_out(figure: go.Figure, height: int, **margin: Any) -> go.Figure:
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    margins = {"l": 8, "r": 16, "t": margin.get("top", 12), "b": 8}
    return figure.update_layout(height=height, margin=margins, bargap=0.25, dragmode=False)
