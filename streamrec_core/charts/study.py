"""Outcomes of a study: the mean of each arm with its error bar (95 % CI over raters)."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET
from streamrec_core.study.results_record import OutcomeSummary
from streamrec_core.study.words import arm_label

ROW_HEIGHT = 52


@dataclass(frozen=True)
class Scale:
    """The axis of an outcome; `guess` is the value that guessing gives, where it is known."""

    low: float
    high: float
    ticks: tuple[float, ...]
    form: str
    title: str
    guess: float | None = None


SCALES = {
    "trust": Scale(1, 5, (1, 2, 3, 4, 5), ".2f", "mean trust, from 1 to 5"),
    "understanding": Scale(0, 1, (0, 0.25, 0.5, 0.75, 1), ".0%", "share of correct predictions", guess=0.5),
}


def outcome_figure(outcome: OutcomeSummary, ink: str = INK["light"]) -> go.Figure:
    """Draw the mean of each arm with its 95 % interval, the first arm on top, on the whole scale.

    Parameters
    ----------
    outcome : OutcomeSummary
    ink : str
        Colour of the error bars.

    Returns
    -------
    Figure
    """
    scale = SCALES[outcome.name]
    arms = outcome.estimates
    figure = go.Figure(
        go.Scatter(
            x=[arm.mean for arm in arms],
            y=[chart_label(arm_label(arm.arm), 24) for arm in arms],
            mode="markers+text",
            text=[format(arm.mean, scale.form) for arm in arms],
            textposition="top center",
            textfont={"size": 13, "color": ink},
            marker={"size": 13, "color": ACCENT},
            error_x=error_bars([arm.mean for arm in arms], [arm.interval for arm in arms], ink, width=6),
            customdata=[(*(format(bound, scale.form) for bound in arm.interval), arm.raters) for arm in arms],
            hovertemplate="%{y}: %{text}<br>95% CI %{customdata[0]} to %{customdata[1]}, "
            "%{customdata[2]} raters<extra></extra>",
            cliponaxis=False,
        )
    )
    if scale.guess is not None:
        figure.add_vline(x=scale.guess, line={"width": 1.5, "dash": "dot", "color": QUIET})
    margin = (scale.high - scale.low) * 0.04
    figure.update_xaxes(
        range=[scale.low - margin, scale.high + margin],
        tickvals=scale.ticks,
        tickformat=".0%" if scale.guess is not None else "d",
        fixedrange=True,
        zeroline=False,
        title=scale.title,
    )
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, automargin=True, ticksuffix="  ")
    return figure.update_layout(height=ROW_HEIGHT * len(arms) + 92, margin={"l": 8, "r": 16, "t": 24, "b": 48})
