"""Bars of misses by likely cause, in the order in which conditions are checked."""

from __future__ import annotations

from collections.abc import Mapping

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, QUIET
from streamrec_core.diagnosis.causes import NO_CAUSE, title_of

BAR_HEIGHT = 34
ROOM_FOR_FIGURES = 1.6
"""Width of the axis in longest bars, so that the numbers beside it are not cut off on a phone."""


def causes_figure(counts: Mapping[str, int]) -> go.Figure:
    """Draw a horizontal bar for each cause by its title, the first on top; grey where no cause was found."""
    titles, values = list(counts), list(counts.values())
    total = sum(values)
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[chart_label(title, 48) for title in titles],
            orientation="h",
            marker={
                "color": [QUIET if title == title_of(NO_CAUSE) else ACCENT for title in titles],
                "cornerradius": 3,
            },
            text=[f"{value:,} ({value / total:.0%})" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>%{x:,} misses<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(values) * ROOM_FOR_FIGURES])
    figure.update_yaxes(
        type="category", autorange="reversed", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  "
    )
    return figure.update_layout(
        height=BAR_HEIGHT * len(titles) + 24, margin={"l": 8, "r": 8, "t": 8, "b": 8}, bargap=0.35
    )
