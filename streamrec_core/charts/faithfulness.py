"""How often explanations tell the truth: bars of failures, and what removing events in order does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, HEAD_COLOURS, INK, QUIET
from streamrec_core.charts.whiskers import whiskers

BAR_HEIGHT = 34
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True)
class Share:
    """One explainer's share, with its interval where there is one."""

    name: str
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Curve:
    """Mean probability of a title after each share of its events has been removed, or kept."""

    name: str
    shares: Sequence[float]
    probability: Sequence[float]


def failing_figure(shares: Sequence[Share], shown: str, ink: str = INK["light"]) -> go.Figure:
    """One bar an explainer, the one that fails least on top; the one that pages draw has the accent colour."""
    ordered = sorted(shares, key=lambda one: -one.mean)
    figure = go.Figure(
        go.Bar(
            x=[one.mean for one in ordered],
            y=[chart_label(one.name, 40) for one in ordered],
            orientation="h",
            marker={"color": [ACCENT if one.name == shown else QUIET for one in ordered], "cornerradius": 3},
            error_x=whiskers([one.mean for one in ordered], [one.interval for one in ordered], ink),
            hovertemplate="%{y}<br>wrong in %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True, zeroline=True)
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(ordered) + 60, margin={"l": 8, "r": 16, "t": 8, "b": 32}, bargap=0.4
    )


def curves_figure(curves: Sequence[Curve], title: str) -> go.Figure:
    """Lines told apart by colour and by dash; x is the share of events, y the mean probability of the title."""
    figure = go.Figure(
        [
            go.Scatter(
                x=list(curve.shares),
                y=list(curve.probability),
                name=chart_label(curve.name, 30),
                mode="lines",
                line={
                    "color": HEAD_COLOURS[number % len(HEAD_COLOURS)],
                    "dash": DASHES[number % len(DASHES)],
                    "width": 2,
                },
                hovertemplate="%{x:.0%} of events<br>probability %{y:.3f}<extra>%{fullData.name}</extra>",
            )
            for number, curve in enumerate(curves)
        ]
    )
    figure.update_xaxes(title=title, tickformat=".0%", range=[0, 1], fixedrange=True)
    figure.update_yaxes(title="mean probability of the title", rangemode="tozero", fixedrange=True)
    return figure.update_layout(
        height=400, margin={"l": 8, "r": 16, "t": 12, "b": 120}, legend={"orientation": "h", "y": -0.24, "x": 0}
    )
