"""Bars of effects: the log-probability drop without each part of a model, with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET

BAR_HEIGHT = 30


@dataclass(frozen=True)
class Effect:
    """A part of the model and the log-probability drop without it, in nats, with the interval of a mean."""

    name: str
    value: float
    interval: tuple[float, float] | None = None


def effects_figure(effects: Sequence[Effect], ink: str = INK["light"], unit: str = "nats") -> go.Figure:
    """Draw horizontal bars, the largest on top; negative ones are grey and point left.

    Parameters
    ----------
    effects : sequence of Effect
    ink : str
        Colour of the error bars.
    unit : str
        Of the values: nats of log-probability, or points of a score.

    Returns
    -------
    Figure
    """
    ordered = sorted(effects, key=lambda effect: effect.value)
    values = [effect.value for effect in ordered]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[chart_label(effect.name, 44) for effect in ordered],
            orientation="h",
            marker={"color": [ACCENT if value > 0 else QUIET for value in values], "cornerradius": 3},
            error_x=error_bars(values, [effect.interval for effect in ordered], ink),
            hovertemplate=f"%{{y}}<br>%{{x:.3g}} {unit}<extra></extra>",
        )
    )
    title = "points lost without it" if unit == "points" else f"log-probability drop without it ({unit})"
    figure.update_xaxes(title=title, fixedrange=True, zeroline=True)
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(ordered) + 70, margin={"l": 8, "r": 16, "t": 8, "b": 44}, bargap=0.35
    )
