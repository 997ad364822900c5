"""Exposure of groups of items: a row a group with a dot for each model, beside random lists and the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import QUIET, REFERENCE, model_colour
from streamrec_core.charts.slices import DOT_HEIGHT, SLICE_PADDING, SYMBOLS, dot_shift, row_stripes
from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure


@dataclass(frozen=True)
class ModelExposure:
    """One model's exposure, group by group; `number` sets its colour and symbol."""

    name: str
    number: int
    groups: Sequence[GroupExposure]


def exposure_figure(models: Sequence[ModelExposure]) -> go.Figure:
    """Draw a row for each group: a dot for each model, a line for random lists, and a hollow mark for the log.

    Parameters
    ----------
    models : sequence of ModelExposure
        One or more, all with the same groups in the same order.

    Returns
    -------
    Figure
    """
    groups = models[0].groups
    figure = go.Figure()
    for position, model in enumerate(models):
        shares = [group.lists for group in model.groups]
        colour = model_colour(model.number)
        figure.add_scatter(
            x=shares,
            y=[row + dot_shift(position, len(models)) for row in range(len(groups))],
            mode="markers",
            name=chart_label(model.name, 40),
            marker={"color": colour, "size": 9, "symbol": SYMBOLS[model.number % len(SYMBOLS)]},
            error_x=error_bars(shares, [group.interval for group in model.groups], colour, width=3),
            customdata=[(chart_label(group.label), *group.interval) for group in model.groups],
            hovertemplate="%{customdata[0]}<br>%{x:.1%} of list places, 95% CI %{customdata[1]:.1%} to "
            f"%{{customdata[2]:.1%}}<extra>{chart_label(model.name, 40)}</extra>",
        )
    _add_floors(figure, groups)
    labels = [chart_label(group.label, 30) for group in groups]
    highest = max(max(*group.interval, group.catalogue, group.log) for model in models for group in model.groups)
    # A little to the left of zero, so that a mark at zero is whole.
    figure.update_xaxes(range=[-0.02 * highest, 1.05 * highest], tickformat=".1~%", fixedrange=True, zeroline=False)
    figure.update_xaxes(title="share of all list places")
    figure.update_yaxes(tickvals=list(range(len(groups))), ticktext=labels, range=[len(groups) - 0.5, -0.5])
    figure.update_yaxes(fixedrange=True, showgrid=False, zeroline=False, automargin=True, ticksuffix="  ")
    return figure.update_layout(
        height=max(DOT_HEIGHT * len(models) + SLICE_PADDING, 36) * len(groups) + 112,
        margin={"l": 8, "r": 12, "t": 56, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        shapes=row_stripes(len(groups)),
    )


def _add_floors(figure: go.Figure, groups: Sequence[GroupExposure]) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for row, group in enumerate(groups):
        x += [group.catalogue, group.catalogue, None]
        y += [row - 0.4, row + 0.4, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="random lists",
        line={"color": REFERENCE, "width": 2, "dash": "dot"},
        hovertemplate="random lists %{x:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=[group.log for group in groups],
        y=list(range(len(groups))),
        mode="markers",
        name="the log",
        marker={"color": QUIET, "size": 11, "symbol": "circle-open", "line": {"width": 1.5}},
        hovertemplate="training events %{x:.1%}<extra></extra>",
    )
