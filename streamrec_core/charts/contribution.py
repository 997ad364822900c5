"""What heads and named terms bring: a bar each, as long as what is lost without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from streamrec_core.attention.contribution import Contribution
from streamrec_core.charts.palette import ACCENT, INK, head_colour

ROW = 34
"""Pixels of a bar's row."""


def contribution_figure(found: Sequence[Contribution], ink: str = INK["light"]) -> go.Figure:
    """Mean fall of the first recommendation's log-probability without each part, with its interval.

    Parameters
    ----------
    found : sequence of Contribution
        Heads have their own colours, named terms one.
    ink : str
        Colour of the whiskers.
    """
    figure = go.Figure(
        go.Bar(
            x=[one.fall for one in found],
            y=[one.name for one in found],
            orientation="h",
            marker={
                "color": [head_colour(place) if one.kind == "head" else ACCENT for place, one in enumerate(found)],
                "cornerradius": 3,
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [one.interval[1] - one.fall for one in found],
                "arrayminus": [one.fall - one.interval[0] for one in found],
                "thickness": 1.5,
                "width": 4,
                "color": ink,
            },
            customdata=[(*one.interval, one.changed, float(np.exp(-one.fall))) for one in found],
            hovertemplate=(
                "without %{y}<br>log-probability falls by %{x:.3f} (95% %{customdata[0]:.3f} to %{customdata[1]:.3f}):"
                " %{customdata[3]:.2f} times the probability<br>another first recommendation in %{customdata[2]:.1%} "
                "of the sessions<extra></extra>"
            ),
        )
    )
    title = {"text": "fall of the log-probability (nats)", "font": {"size": 12}, "standoff": 8}
    figure.update_xaxes(fixedrange=True, zeroline=True, nticks=7, title=title)
    figure.update_yaxes(
        type="category", autorange="reversed", fixedrange=True, showgrid=False, automargin=True, ticksuffix="  "
    )
    return figure.update_layout(
        height=ROW * len(found) + 70, margin={"l": 8, "r": 16, "t": 12, "b": 44}, bargap=0.4, showlegend=False
    )
