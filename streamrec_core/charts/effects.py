"""Bars of effects: the points that a title loses without each part of a model, with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET
from streamrec_core.data.shown_number import POINTS, in_points

BAR_HEIGHT = 30


@dataclass(frozen=True)
class Effect:
    """A part of the model and the log-probability drop without it, in nats, with the interval of a mean."""

    name: str
    value: float
    interval: tuple[float, float] | None = None

    @property
    def lost(self) -> str:
        """The drop in points, as people read it."""
        return in_points(self.value, ",.1f")


def effects_figure(effects: Sequence[Effect], ink: str = INK["light"]) -> go.Figure:
    """Draw horizontal bars in points, the largest on top; negative ones are grey and point left.

    Parameters
    ----------
    effects : sequence of Effect
    ink : str
        Colour of the error bars.

    Returns
    -------
    Figure
    """
    ordered = sorted(effects, key=lambda effect: effect.value)
    values = [POINTS * effect.value for effect in ordered]
    spans = [effect.interval and (POINTS * effect.interval[0], POINTS * effect.interval[1]) for effect in ordered]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[chart_label(effect.name, 44) for effect in ordered],
            orientation="h",
            marker={"color": [ACCENT if value > 0 else QUIET for value in values], "cornerradius": 3},
            error_x=error_bars(values, spans, ink),
            customdata=[effect.lost for effect in ordered],
            hovertemplate="%{y}<br>%{customdata} lost without it<extra></extra>",
        )
    )
    figure.update_xaxes(title="points lost without it", fixedrange=True, zeroline=True)
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(ordered) + 70, margin={"l": 8, "r": 16, "t": 8, "b": 44}, bargap=0.35
    )
