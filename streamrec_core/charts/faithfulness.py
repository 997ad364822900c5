"""Faithfulness charts: how often each explainer puts the wrong event first, and removal and insertion curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, METHOD_COLOURS, QUIET

BAR_HEIGHT, PLOT_HEIGHT = 34, 280
TICKS_AND_TITLE, LEGEND_ROW = 58, 20
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True)
class FailureRate:
    """Share of recommendations for which an explainer puts the wrong event first, with its interval."""

    name: str
    mean: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Curve:
    """Mean probability of a title after each share of its events is removed, or inserted.

    Attributes
    ----------
    name : str
    shares, probability : sequence of n float
    method : str
        Key in `METHOD_COLOURS`; empty for a baseline, which is grey.
    """

    name: str
    shares: Sequence[float]
    probability: Sequence[float]
    method: str = ""


def failing_figure(rates: Sequence[FailureRate], shown: str, ink: str = INK["light"]) -> go.Figure:
    """Draw a bar for each explainer, the one that fails least on top.

    Parameters
    ----------
    rates : sequence of FailureRate
    shown : str
        Name of the explainer that pages draw; it has the accent colour.
    ink : str
        Colour of the error bars.

    Returns
    -------
    Figure
    """
    ordered = sorted(rates, key=lambda rate: -rate.mean)
    ends = [rate.mean if rate.interval is None else rate.interval[1] for rate in ordered]
    names = [chart_label(rate.name, 40) for rate in ordered]
    labels = [f"<b>{name}</b>" if rate.name == shown else name for name, rate in zip(names, ordered, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=[rate.mean for rate in ordered],
            y=labels,
            orientation="h",
            marker={"color": [ACCENT if rate.name == shown else QUIET for rate in ordered], "cornerradius": 3},
            error_x=error_bars([rate.mean for rate in ordered], [rate.interval for rate in ordered], ink),
            hovertemplate="%{y}<br>wrong in %{x:.1%}<extra></extra>",
        )
    )
    # Beyond the error bars, so that a bar of length zero has its number too.
    for label, end, rate in zip(labels, ends, ordered, strict=True):
        text = f"<b>{rate.mean:.0%}</b>" if rate.name == shown else f"{rate.mean:.0%}"
        figure.add_annotation(x=end, y=label, text=text, showarrow=False, xanchor="left", xshift=6, font={"size": 12})
    title = "share with the wrong event first"
    figure.update_xaxes(range=[0, 1.06], tickformat=".0%", fixedrange=True, zeroline=True, title=title)
    figure.update_yaxes(type="category", fixedrange=True, automargin=True, showgrid=False, ticksuffix="  ")
    return figure.update_layout(
        height=BAR_HEIGHT * len(ordered) + 76, margin={"l": 8, "r": 16, "t": 8, "b": 48}, bargap=0.4
    )


def curves_figure(curves: Sequence[Curve], title: str) -> go.Figure:
    """Draw removal or insertion curves, which differ by colour and by dash.

    Parameters
    ----------
    curves : sequence of Curve
    title : str
        Of the x axis, the share of events.

    Returns
    -------
    Figure
    """
    figure = go.Figure(
        [
            go.Scatter(
                x=list(curve.shares),
                y=list(curve.probability),
                name=chart_label(curve.name, 30),
                mode="lines",
                line={
                    "color": METHOD_COLOURS.get(curve.method, QUIET),
                    "dash": DASHES[number % len(DASHES)],
                    "width": 2,
                },
                hovertemplate="%{x:.0%} of events<br>probability %{y:.3f}<extra>%{fullData.name}</extra>",
            )
            for number, curve in enumerate(curves)
        ]
    )
    figure.update_xaxes(title=title, tickformat=".0%", range=[0, 1], fixedrange=True, ticklabeloverflow="allow")
    figure.update_yaxes(title="mean probability of the title", rangemode="tozero", fixedrange=True)
    # The legend stands at the foot, one row a curve where the chart is narrow: below ticks and a title of two lines.
    foot = TICKS_AND_TITLE + LEGEND_ROW * len(curves)
    return figure.update_layout(
        height=PLOT_HEIGHT + foot,
        margin={"l": 8, "r": 24, "t": 12, "b": foot},
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
    )
