"""What a data set holds, as bars and one curve: lengths, categories, engagement, popularity, the split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, QUIET, category_colour
from streamrec_core.data.browse.figures import Figures, PartFigures
from streamrec_core.data.catalogue import IntArray

MOST_BARS = 50
"""More lengths than these are drawn together, so many to a bar."""
FEW_BARS = 6
"""Fewer bars than these are drawn slim, so that they look like bars."""
MOST_POINTS = 300
MOST_CATEGORIES = 25
"""So many are drawn, the largest, and the chosen one."""
HEIGHT, BAR_HEIGHT = 260, 22
FADED = 0.3
"""Opacity of the categories that are not chosen."""
PART_COLOURS = {"train": ACCENT, "validation": "#9c8e11", "test": "#b5360e"}


def lengths_figure(figures: Figures) -> go.Figure:
    """Sessions by their number of events before the target, as bars; many lengths share a bar."""
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
    figure.update_yaxes(title="sessions", rangemode="tozero")
    return _laid_out(figure, HEIGHT)


def length_bars(lengths: IntArray, sessions: IntArray) -> tuple[list[str], list[int]]:
    """Labels and heights of at most `MOST_BARS` bars of equal width; lengths that do not occur have height 0."""
    if not len(lengths):
        return [], []
    low, high = int(lengths[0]), int(lengths[-1])
    width = -(-(high - low + 1) // MOST_BARS)
    heights = np.bincount((lengths - low) // width, weights=sessions).astype(np.int64)
    starts = low + width * np.arange(len(heights))
    labels = [f"{start}" if width == 1 else f"{start} to {min(start + width - 1, high)}" for start in starts.tolist()]
    return labels, heights.tolist()


def categories_figure(figures: Figures, categories: Sequence[str]) -> go.Figure:
    """Events by category, most on top; where one is chosen the others are faded.

    Parameters
    ----------
    categories : sequence of C str
        In the order of the catalogue, which gives each its colour. A bar's `customdata` is the name as it stands.
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


def _shade(name: str, categories: Sequence[str], chosen: str) -> str:
    """The category's colour; a faint one is a colour too, since bars with opacities of their own take no click."""
    hue = category_colour(list(categories).index(name))
    red, green, blue = (int(hue[place : place + 2], 16) for place in (1, 3, 5))
    return hue if chosen in ("", name) else f"rgba({red}, {green}, {blue}, {FADED})"


def _drawn(figures: Figures) -> list[str]:
    """The categories to draw, the smallest first, which stands at the bottom."""
    names = list(figures.category_events)
    rest = [name for name in names[MOST_CATEGORIES:] if name == figures.category]
    return [*names[:MOST_CATEGORIES], *rest][::-1]


def engagement_figure(figures: Figures, words: Sequence[str]) -> go.Figure:
    """Events by what the visitor did, weakest on top; `words` name the five in order."""
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
    """Events of each item by its rank in popularity, both axes logarithmic; items without an event are left out."""
    counts = figures.popularity[figures.popularity > 0]
    ranks = np.unique(np.geomspace(1, max(len(counts), 1), MOST_POINTS).round().astype(np.int64))[: len(counts)]
    figure = go.Figure(
        go.Scatter(
            x=ranks,
            y=counts[ranks - 1],
            mode="lines",
            line={"color": ACCENT, "width": 2.5},
            hovertemplate="the item of rank %{x:,}<br>%{y:,} events<extra></extra>",
        )
    )
    tenth = int(np.ceil(len(figures.popularity) * 0.1))
    if 1 < tenth < len(counts):
        figure.add_vline(
            x=tenth,
            line={"width": 1.5, "dash": "dot", "color": QUIET},
        )
        text = f"top 10% of items: {figures.top_share():.0%} of events"
        place = {"x": float(np.log10(tenth)), "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(text=text, showarrow=False, font={"size": 12}, **place)
    figure.update_xaxes(title="rank of the item in popularity", **_tenfold(len(counts)))
    figure.update_yaxes(title="events", **_tenfold(int(counts[0]) if len(counts) else 1))
    return _laid_out(figure, HEIGHT, top=28)


def _tenfold(highest: int) -> dict[str, Any]:
    """A logarithmic axis from 1 on; marked at every tenfold, or at every digit where there are hardly any."""
    top = float(np.log10(max(highest, 2)))
    step = 1 if top > 1.5 else "D1" if top <= 1 else "D2"
    return {"type": "log", "dtick": step, "tickformat": ",", "range": [-0.04 * top, 1.04 * top]}


def split_figure(parts: Sequence[PartFigures]) -> go.Figure:
    """Events of each part as one bar cut in pieces."""
    total = max(sum(part.events for part in parts), 1)
    figure = go.Figure([_piece(part, total) for part in parts])
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": -0.1, "x": 0, "traceorder": "normal"})
    return _laid_out(figure, 130, top=8)


def _piece(part: PartFigures, total: int) -> go.Bar:
    share = part.events / total
    return go.Bar(
        x=[part.events],
        y=["events"],
        orientation="h",
        name=part.name,
        marker={"color": PART_COLOURS[part.name]},
        text=f"{share:.0%}",
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": "white"},
        hovertemplate=f"{part.name}<br>{part.events:,} events, {share:.1%}<extra></extra>",
    )


def _laid_out(figure: go.Figure, height: int, **margin: Any) -> go.Figure:
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    margins = {"l": 8, "r": 16, "t": margin.get("top", 12), "b": 8}
    return figure.update_layout(height=height, margin=margins, bargap=0.25, dragmode=False)
