"""A measure beyond accuracy as bars with error bars: models on top, the floors below them as outlines."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, INK, QUIET, REFERENCE
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists
from streamrec_core.evaluation.beyond_accuracy.measures import LIST_MEASURES

BAR_HEIGHT = 34
CLEAR = "rgba(0,0,0,0)"


def beyond_accuracy_figure(
    models: Sequence[MeasuredLists],
    floors: Sequence[MeasuredLists],
    measure: str,
    shown: str = "",
    ink: str = INK["light"],
) -> go.Figure:
    """Draw a bar for each model, the highest on top, and one for each floor below them.

    Parameters
    ----------
    models, floors : sequence of MeasuredLists
        Of the same sessions.
    measure : str
        Name in `LIST_MEASURES`.
    shown : str
        Name of the loaded model, which has the accent colour.
    ink : str
        Colour of the error bars.

    Returns
    -------
    Figure
    """
    rows = [
        *floors[::-1],
        *sorted(models, key=lambda lists: lists.mean(measure)),
    ]  # Plotly draws the first at the bottom
    fill = [CLEAR] * len(floors) + [ACCENT if lists.name == shown else QUIET for lists in rows[len(floors) :]]
    line = [REFERENCE] * len(floors) + fill[len(floors) :]
    means, spans = [lists.mean(measure) for lists in rows], [lists.intervals[measure] for lists in rows]
    figure = go.Figure(
        go.Bar(
            x=means,
            y=list(range(len(rows))),
            orientation="h",
            marker={"color": fill, "line": {"color": line, "width": 1.5}, "cornerradius": 3},
            error_x=error_bars(means, spans, ink),
            customdata=[(chart_label(lists.name, 40), *span) for lists, span in zip(rows, spans, strict=True)],
            hovertemplate="%{customdata[0]}<br>%{x:.3~g}, 95% CI %{customdata[1]:.3~g} to %{customdata[2]:.3~g}"
            "<extra></extra>",
        )
    )
    of = LIST_MEASURES[measure]
    figure.update_xaxes(title=f"{of.title} (bits)" if of.unit == "bits" else of.title, rangemode="tozero")
    figure.update_xaxes(tickformat=".2~%" if of.unit == "share" else "~g", fixedrange=True, zeroline=True)
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[chart_label(lists.name, 32) for lists in rows],
        fixedrange=True,
        automargin=True,
        showgrid=False,
        ticksuffix="  ",
    )
    return figure.update_layout(
        height=BAR_HEIGHT * len(rows) + 80, margin={"l": 8, "r": 16, "t": 12, "b": 48}, bargap=0.42
    )
