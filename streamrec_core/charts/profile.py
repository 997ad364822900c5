"""Charts of the head profile: types, measures, spread of attention, similarity, and types during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.measures import TYPES, Thresholds
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attention.spread import Spread
from streamrec_core.charts.cell_text import cell_text, plotly_scale
from streamrec_core.charts.colour_bar import colour_bar
from streamrec_core.charts.error_bars import error_bars
from streamrec_core.charts.graph_objects import go, make_subplots
from streamrec_core.charts.palette import (
    HEAD_TYPE_COLOURS,
    QUIET,
    REFERENCE,
    SEQUENTIAL,
    Scheme,
    text_on,
)
from streamrec_core.charts.readable import READABLE_OR_NONE
from streamrec_core.data.shown_number import shown_interval, shown_number

UNIFORM_NAME = "uniform attention"
MORE, LESS = "▲", "▼"
"""Of a share that is larger or smaller than that of uniform attention, by its 95 % interval."""
ROW = 34
"""Pixels of a head's row."""
MEASURE_TITLES = {
    "entropy": "entropy",
    "recency": "recency",
    "same category": "category",
}
MEASURE_UNITS = ("0 one event, 1 uniform", "correlation with position", "weight on the last item's category")


def types_figure(profile: HeadProfile) -> go.Figure:
    """Draw the share of each type as a bar for each head, and for uniform attention below them."""
    figure = go.Figure()
    rows = [*profile.names, UNIFORM_NAME]
    for column, name in enumerate(TYPES):
        shares = [head[column].share for head in profile.types] + [profile.uniform[column]]
        figure.add_bar(
            x=shares,
            y=rows,
            orientation="h",
            name=name,
            marker={"color": HEAD_TYPE_COLOURS[name], "line": {"width": 0}},
            text=[f"{share:.0%}" if share >= 0.06 else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 11, "color": text_on(HEAD_TYPE_COLOURS[name])},
            hovertemplate=f"%{{y}}<br>{name} in %{{x:.1%}} of the sessions<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True, title=_title("share of the sessions"))
    figure.update_xaxes(ticklabeloverflow="allow")
    figure.update_layout(barmode="stack", bargap=0.3, uniformtext=READABLE_OR_NONE)
    return _heads(figure, len(rows)).update_layout(margin={"r": 28})


def lift_figure(profile: HeadProfile) -> go.Figure:
    """Draw how much more often each type occurs than under uniform attention, in a panel for each type."""
    figure = _panels([f"<b>{name}</b>" for name in TYPES])
    for column, name in enumerate(TYPES):
        type_shares: list[TypeShare] = [head[column] for head in profile.types]
        lifts = [(shown_number(each.lift, "+.1%"), shown_interval(each.lift_interval, "+.1%")) for each in type_shares]
        figure.add_scatter(
            x=[each.lift for each in type_shares],
            y=list(profile.names),
            mode="markers",
            marker={"size": 9, "color": HEAD_TYPE_COLOURS[name], "line": {"width": 0}},
            error_x=error_bars(
                [each.lift for each in type_shares],
                [each.lift_interval for each in type_shares],
                HEAD_TYPE_COLOURS[name],
            ),
            customdata=[(each.share, each.uniform_share, *lift) for each, lift in zip(type_shares, lifts, strict=True)],
            hovertemplate=(
                f"%{{y}}, {name}<br>%{{customdata[0]:.1%}} of sessions, uniform attention %{{customdata[1]:.1%}}<br>"
                "difference %{customdata[2]}, 95% CI %{customdata[3]}<extra></extra>"
            ),
            row=1,
            col=column + 1,
        )
    most = max((abs(end) for head in profile.types for each in head for end in each.lift_interval), default=0.0)
    tick = np.ceil(max(most, 0.05) * 20) / 20
    figure.update_xaxes(tickvals=[-tick, 0, tick], ticktext=[shown_number(at, "+.0%") for at in (-tick, 0.0, tick)])
    figure.update_xaxes(
        range=[-tick * 1.2, tick * 1.2], fixedrange=True, zeroline=False, title=_title("difference in share")
    )
    figure.add_vline(x=0, line={"width": 1.5, "color": QUIET})
    return _heads(figure, len(profile.names))


def measures_figure(profile: HeadProfile) -> go.Figure:
    """Draw the distribution of the three measures over sessions, in the colour of each head's commonest type."""
    figure = _panels([f"<b>{MEASURE_TITLES[name]}</b>" for name in profile.measures])
    limits = Thresholds()
    lines = (limits.focused_entropy, limits.recency_correlation, limits.category_weight)
    ticks = ((0, 0.5, 1), (-1, 0, 1), (0, 0.5, 1))
    for column, (values, unit) in enumerate(zip(profile.measures.values(), MEASURE_UNITS, strict=True)):
        for head, (low, first, middle, third, high) in enumerate(values.tolist()):
            figure.add_box(
                q1=[first],
                median=[middle],
                q3=[third],
                lowerfence=[low],
                upperfence=[high],
                y=[profile.names[head]],
                orientation="h",
                width=0.55,
                line={"color": HEAD_TYPE_COLOURS[profile.most_often(head).type], "width": 1.5},
                name=profile.names[head],
                row=1,
                col=column + 1,
            )
        ends = [ticks[column][0] - 0.03, ticks[column][-1] + 0.03]
        figure.update_xaxes(range=ends, tickvals=ticks[column], title=_title(unit), col=column + 1, row=1)
        figure.add_vline(x=lines[column], line={"width": 1.5, "dash": "dot", "color": REFERENCE}, row=1, col=column + 1)
    figure.update_xaxes(fixedrange=True, zeroline=False)
    return _heads(figure, len(profile.names))


def spread_figure(profile: HeadProfile, spread: Spread, scheme: Scheme = "light") -> go.Figure:
    """Draw the share of attention on groups of events, marked where it differs from uniform attention.

    Parameters
    ----------
    profile : HeadProfile
        Names the heads.
    spread : Spread
        Shares by group of events.
    scheme : str
        light or dark ground.

    Returns
    -------
    Figure
        Colour and number are the share; a share whose interval does not reach that of uniform attention has a mark.
    """
    shares = np.vstack([spread.shares, spread.uniform])
    times = np.vstack([spread.times_uniform, np.ones(len(spread.labels))])
    low = np.vstack([spread.low, spread.uniform])
    high = np.vstack([spread.high, spread.uniform])
    scale, top = SEQUENTIAL[scheme], float(shares.max())
    columns, rows = [label.replace(" back", "<br>back") for label in spread.labels], [*profile.names, UNIFORM_NAME]
    marks = np.where(low > spread.uniform, f" {MORE}", np.where(high < spread.uniform, f" {LESS}", ""))
    texts = np.char.add([[f"{share:.0%}" for share in row] for row in shares], marks).tolist()
    figure = go.Figure(
        go.Heatmap(
            z=shares.astype(np.float32),
            x=columns,
            y=rows,
            zmin=0,
            zmax=top,
            colorscale=plotly_scale(scale),
            customdata=np.dstack([shares, times, low, high]),
            xgap=2,
            ygap=2,
            hovertemplate=(
                "%{y}, %{x}<br>%{customdata[0]:.1%} of its attention (95% CI %{customdata[2]:.1%} to "
                "%{customdata[3]:.1%})<br>%{customdata[1]:.2f} × uniform<extra></extra>"
            ),
            colorbar=colour_bar("share of attention", {0: "0%", top / 2: f"{top / 2:.0%}", top: f"{top:.0%}"}),
        )
    )
    figure.add_trace(cell_text(texts, columns, rows, shares / top, scale))
    figure.update_xaxes(title=_title("event attended to"))
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False, tickangle=0, type="category")
    _heads(figure, len(profile.names) + 1)
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 84, "b": 70}, height=ROW * (len(profile.names) + 1) + 158)


def similarity_figure(profile: HeadProfile, scheme: Scheme = "light") -> go.Figure:
    """Draw how similar the attention of each pair of heads is, and of each head and uniform attention.

    Parameters
    ----------
    profile : HeadProfile
    scheme : str
        light or dark ground.

    Returns
    -------
    Figure
    """
    names = [*profile.names, UNIFORM_NAME]
    short = [name.replace("Layer ", "L").replace(" head ", "H").replace(" attention", "") for name in names]
    values = profile.similarity
    # Each head is equal to itself, so the diagonal is blank.
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, values)
    scale, bottom = SEQUENTIAL[scheme], float(np.nanmin(shown)) if len(names) > 1 else 0.0
    texts = [
        ["" if head == other else f"{value:.2f}" for other, value in enumerate(row)] for head, row in enumerate(values)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=shown.astype(np.float32),
            x=short,
            y=names,
            zmin=bottom,
            zmax=1,
            colorscale=plotly_scale(scale),
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} and %{x}<br>similarity %{z:.3f}<extra></extra>",
        )
    )
    figure.add_trace(cell_text(texts, short, names, (values - bottom) / max(1 - bottom, 1e-9), scale))
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False, tickangle=0, type="category")
    _heads(figure, len(names))
    return figure.update_layout(
        margin={"l": 8, "r": 8, "t": 32, "b": 16},
        height=ROW * len(names) + 56,
    )


def formation_figure(
    names: Sequence[str], layers: int, epochs: Mapping[int, Sequence[Sequence[TypeShare]]]
) -> go.Figure:
    """Draw the types of each head during training: a chart for each head, a stacked bar for each stored epoch.

    Parameters
    ----------
    names : sequence of str
        Of the heads, layer by layer.
    layers : int
    epochs : mapping of int to sequence of sequence of TypeShare
        By epoch: for each head the share of each type.

    Returns
    -------
    Figure
    """
    heads = len(names) // max(layers, 1)
    figure = make_subplots(
        rows=layers,
        cols=heads,
        subplot_titles=[f"<b>{name}</b>" for name in names],
        shared_yaxes=True,
        shared_xaxes=True,
        horizontal_spacing=0.025,
        vertical_spacing=0.32 / max(layers, 1),
    )
    ticks = [str(epoch) for epoch in epochs]
    for head in range(len(names)):
        for column, name in enumerate(TYPES):
            figure.add_bar(
                x=ticks,
                y=[shares[head][column].share for shares in epochs.values()],
                name=name,
                legendgroup=name,
                showlegend=head == 0,
                marker={"color": HEAD_TYPE_COLOURS[name], "line": {"width": 0}},
                hovertemplate=f"{names[head]}<br>epoch %{{x}}: {name} in %{{y:.0%}}<extra></extra>",
                row=head // heads + 1,
                col=head % heads + 1,
            )
    figure.update_xaxes(type="category", fixedrange=True, showgrid=False)
    figure.update_xaxes(title=_title("epoch"), row=layers)
    figure.update_yaxes(range=[0, 1], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title=_title("share of the sessions"), col=1)
    figure.update_annotations(font={"size": 12})
    return figure.update_layout(
        barmode="stack",
        bargap=0.15,
        height=190 * layers + 90,
        margin={"l": 8, "r": 8, "t": 72, "b": 40},
        legend=_legend(34),
    )


def _panels(titles: Sequence[str]) -> go.Figure:
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.04)
    return figure.update_annotations(font={"size": 12}).update_layout(showlegend=False)


def _heads(figure: go.Figure, rows: int) -> go.Figure:
    """Lay out a row for each head, the first on top."""
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, showgrid=False, automargin=True)
    figure.update_yaxes(ticksuffix="  ")
    return figure.update_layout(height=ROW * rows + 100, margin={"l": 8, "r": 12, "t": 44, "b": 44}, legend=_legend(0))


def _legend(lift: int) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"} | (
        {"yref": "container", "y": 0.99, "yanchor": "top"} if lift else {}
    )


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 12}, "standoff": 8}
