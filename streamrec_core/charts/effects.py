"""What each part is worth: one bar a part, falls of a log-probability, with intervals where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET
from streamrec_core.charts.whiskers import whiskers

BAR_HEIGHT = 30


@dataclass(frozen=True)
class Effect:
    """A part of the model and what switching it off costs, in nats; with the interval of a mean, where it is one."""

    name: str
    value: float
    interval: tuple[float, float] | None = None


def effects_figure(effects: Sequence[Effect], ink: str = INK["light"]) -> go.Figure:
    """Horizontal bars, the largest on top; parts that speak against the candidate are grey and point left."""
    ordered = sorted(effects, key=lambda effect: effect.value)
    values = [effect.value for effect in ordered]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[chart_label(effect.name, 44) for effect in ordered],
            orientation="h",
            marker={"color": [ACCENT if value > 0 else QUIET for value in values], "cornerradius": 3},
            error_x=whiskers(values, [effect.interval for effect in ordered], ink),
            hovertemplate="%{y}<br>%{x:.3f} nats<extra></extra>",
        )
    )
    figure.update_xaxes(title="what is lost without it, in nats", fixedrange=True, zeroline=True)
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(ordered) + 70, margin={"l": 8, "r": 16, "t": 8, "b": 44}, bargap=0.35
    )
