"""What heads do over many sessions: types, measures, where attention lies, likeness, and how types formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.measures import TYPES, Thresholds
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attention.spread import Spread
from streamrec_core.charts.graph_objects import go, make_subplots
from streamrec_core.charts.palette import DIVERGING, HEAD_TYPE_COLOURS, QUIET, head_colour
from streamrec_core.charts.whiskers import whiskers

EVEN_NAME = "even attention"
ROW = 34
"""Pixels of a head's row."""
MEASURE_TITLES = {
    "entropy": "entropy (0 one event, 1 even)",
    "recency": "recency (correlation with position)",
    "same category": "weight on the last item's category",
}


def types_figure(profile: HeadProfile) -> go.Figure:
    """The share of each type, a bar a head; below them what even attention would have been called."""
    figure = go.Figure()
    rows = [*profile.names, EVEN_NAME]
    for place, name in enumerate(TYPES):
        shares = [head[place].share for head in profile.types] + [profile.uniform[place]]
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
            textfont={"size": 11, "color": "#12171e" if name == "distributed" else "#ffffff"},
            hovertemplate=f"%{{y}}<br>{name} in %{{x:.1%}} of the sessions<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True, title=_title("share of the sessions"))
    return _heads(figure, len(rows)).update_layout(barmode="stack", bargap=0.3)


def lift_figure(profile: HeadProfile) -> go.Figure:
    """How much more often each type occurs than even attention would have been called: a panel a type."""
    figure = _panels([f"<b>{name}</b>" for name in TYPES])
    for place, name in enumerate(TYPES):
        found: list[TypeShare] = [head[place] for head in profile.types]
        figure.add_scatter(
            x=[one.lift for one in found],
            y=list(profile.names),
            mode="markers",
            marker={"size": 9, "color": HEAD_TYPE_COLOURS[name], "line": {"width": 0}},
            error_x=whiskers(
                [one.lift for one in found], [one.lift_interval for one in found], HEAD_TYPE_COLOURS[name]
            ),
            customdata=[(one.share, one.uniform_share, *one.lift_interval) for one in found],
            hovertemplate=(
                f"%{{y}}, {name}<br>%{{customdata[0]:.1%}} of the sessions, even attention %{{customdata[1]:.1%}}<br>"
                "difference %{x:+.1%}, 95% interval %{customdata[2]:+.1%} to %{customdata[3]:+.1%}<extra></extra>"
            ),
            row=1,
            col=place + 1,
        )
    most = max((abs(end) for head in profile.types for one in head for end in one.lift_interval), default=0.0)
    tick = np.ceil(max(most, 0.05) * 20) / 20
    ends = {"range": [-tick * 1.2, tick * 1.2], "tickvals": [-tick, 0, tick], "tickformat": "+.0%"}
    figure.update_xaxes(**ends, fixedrange=True, zeroline=False)
    figure.add_vline(x=0, line={"width": 1.5, "color": QUIET})
    return _heads(figure, len(profile.names))


def measures_figure(profile: HeadProfile) -> go.Figure:
    """How the three measures are distributed over the sessions; dotted lines are where a type begins."""
    figure = _panels([f"<b>{MEASURE_TITLES[name]}</b>" for name in profile.measures])
    limits = Thresholds()
    lines = (limits.focused_entropy, limits.recency_correlation, limits.category_weight)
    ticks = ((0, 0.5, 1), (-1, 0, 1), (0, 0.5, 1))
    for place, values in enumerate(profile.measures.values()):
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
                line={"color": head_colour(head), "width": 1.5},
                name=profile.names[head],
                row=1,
                col=place + 1,
            )
        ends = [ticks[place][0] - 0.03, ticks[place][-1] + 0.03]
        figure.update_xaxes(range=ends, tickvals=ticks[place], col=place + 1, row=1)
        figure.add_vline(x=lines[place], line={"width": 1.5, "dash": "dot", "color": "#c77b30"}, row=1, col=place + 1)
    figure.update_xaxes(fixedrange=True, zeroline=False)
    return _heads(figure, len(profile.names))


def spread_figure(profile: HeadProfile, spread: Spread) -> go.Figure:
    """Attention by groups of events: the figure is the share, the colour how much that is beside even attention."""
    shares = np.vstack([spread.shares, spread.uniform])
    times = np.vstack([spread.times_uniform, np.ones(len(spread.labels))])
    low = np.vstack([spread.low, spread.uniform])
    high = np.vstack([spread.high, spread.uniform])
    # Two doublings up or down use the whole scale.
    colour = np.log2(np.clip(times, 0.25, 4))
    figure = go.Figure(
        go.Heatmap(
            z=colour.astype(np.float32),
            x=[label.replace(" back", "<br>back") for label in spread.labels],
            y=[*profile.names, EVEN_NAME],
            zmin=-2,
            zmax=2,
            colorscale=[[place / (len(DIVERGING) - 1), hue] for place, hue in enumerate(DIVERGING)],
            text=[[f"{share:.0%}" for share in row] for row in shares],
            texttemplate="%{text}",
            customdata=np.dstack([shares, times, low, high]),
            xgap=2,
            ygap=2,
            hovertemplate=(
                "%{y}, %{x}<br>%{customdata[0]:.1%} of its attention (95% %{customdata[2]:.1%} to "
                "%{customdata[3]:.1%})<br>%{customdata[1]:.2f} times even attention<extra></extra>"
            ),
            colorbar={
                "title": {"text": "times even attention<br> ", "font": {"size": 11}, "side": "top"},
                "orientation": "h",
                "thickness": 8,
                "len": 240,
                "lenmode": "pixels",
                "x": 1,
                "xanchor": "right",
                "yref": "container",
                "y": 0,
                "yanchor": "bottom",
                "outlinewidth": 0,
                "tickvals": [-2, -1, 0, 1, 2],
                "ticktext": ["¼", "½", "1", "2", "4"],
            },
        )
    )
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False, tickangle=0, type="category")
    _heads(figure, len(profile.names) + 1)
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 56, "b": 70}, height=ROW * (len(profile.names) + 1) + 130)


def similarity_figure(profile: HeadProfile, dark: bool = False) -> go.Figure:
    """How alike each pair of heads looks; even attention stands last."""
    names = [*profile.names, EVEN_NAME]
    short = [name.replace("layer ", "L").replace(", head ", " H").replace(" attention", "") for name in names]
    values = profile.similarity
    # Only pairs tell anything: each head is like itself.
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, values)
    figure = go.Figure(
        go.Heatmap(
            z=shown.astype(np.float32),
            x=short,
            y=names,
            coloraxis="coloraxis",
            text=[
                ["" if one == other else f"{value:.2f}" for other, value in enumerate(row)]
                for one, row in enumerate(values)
            ],
            texttemplate="%{text}",
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} and %{x}<br>%{z:.3f} alike<extra></extra>",
        )
    )
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False, tickangle=0, type="category")
    _heads(figure, len(names))
    return figure.update_layout(
        coloraxis={"cmin": float(np.nanmin(shown)) if len(names) > 1 else 0.0, "cmax": 1.0, "showscale": False},
        margin={"l": 8, "r": 8, "t": 32, "b": 16},
        height=ROW * len(names) + 56,
    )


def formation_figure(
    names: Sequence[str], layers: int, epochs: Mapping[int, Sequence[Sequence[TypeShare]]]
) -> go.Figure:
    """How the types of each head formed: a small chart a head, a stacked bar an epoch that was kept."""
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
        for place, name in enumerate(TYPES):
            figure.add_bar(
                x=ticks,
                y=[shares[head][place].share for shares in epochs.values()],
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
    """The first head on top, a row each."""
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, showgrid=False, automargin=True)
    figure.update_yaxes(ticksuffix="  ")
    return figure.update_layout(height=ROW * rows + 100, margin={"l": 8, "r": 12, "t": 44, "b": 44}, legend=_legend(0))


def _legend(lift: int) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"} | (
        {"yref": "container", "y": 0.99, "yanchor": "top"} if lift else {}
    )


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 12}, "standoff": 8}
