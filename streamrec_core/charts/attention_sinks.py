"""Scatter plot of frequent items by attention and removal effect; attention sinks are in the lower right."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import chart_label
from streamrec_core.charts.palette import ACCENT, GROUND, INK, QUIET, SIGNAL
from streamrec_core.data.shown_number import POINTS, in_points
from streamrec_core.diagnosis.attention_sinks import SinkTest

HEIGHT = 380
NAMED = 3
"""Number of items with the most attention that are labelled, besides attention sinks."""


def attention_sinks_figure(items: Sequence[SinkTest], lift: float, margin: float, ink: str = INK["light"]) -> go.Figure:
    """Draw a dot for each item; its size is the share of sessions with the item.

    Parameters
    ----------
    items : sequence of SinkTest
    lift, margin : float
        Thresholds of high attention and of an effect, in nats; the corner between them is marked.
    ink : str
        Colour of labels and lines.

    Returns
    -------
    Figure
    """
    figure = go.Figure(_dots(items, ink))
    margin = POINTS * margin
    right = max([item.attention_lift for item in items] + [lift * 1.3]) * 1.1
    top = max([POINTS * item.removal_effect for item in items] + [margin * 1.6]) * 1.15
    _mark_corner(figure, lift, right, margin, ink)
    figure.add_vline(x=1, line={"width": 1, "dash": "dot", "color": QUIET})
    figure.update_xaxes(title="attention (× uniform)", range=[0, right], fixedrange=True)
    figure.update_yaxes(title="removal effect (points)", range=[0, top], fixedrange=True)
    return figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 12, "t": 16, "b": 44}, showlegend=False)


def _dots(items: Sequence[SinkTest], ink: str) -> go.Scatter:
    """A dot for each item, with the titles of attention sinks and of the items with the most attention."""
    named = {id(item) for item in sorted(items, key=lambda item: -item.attention_lift)[:NAMED]}
    return go.Scatter(
        x=[item.attention_lift for item in items],
        y=[POINTS * item.removal_effect for item in items],
        mode="markers+text",
        text=[chart_label(item.title, 28) if item.flagged or id(item) in named else "" for item in items],
        textposition="top center",
        textfont=_font(ink),
        cliponaxis=False,
        marker={
            "size": [9 + 30 * item.session_share**0.5 for item in items],
            "color": [SIGNAL if item.flagged else ACCENT for item in items],
            "opacity": 0.8,
            "line": {"width": 1, "color": "#ffffff"},
        },
        customdata=[
            (chart_label(item.title, 60), item.session_share, in_points(item.removal_effect, ".1f")) for item in items
        ],
        hovertemplate="%{customdata[0]}<br>attention %{x:.2f} × uniform<br>removal effect %{customdata[2]}"
        "<br>in %{customdata[1]:.0%} of sessions<extra></extra>",
    )


def _mark_corner(figure: go.Figure, lift: float, right: float, margin: float, ink: str) -> None:
    """Shade where attention is high and removal has no effect."""
    figure.add_shape(
        type="rect",
        x0=lift,
        x1=right,
        y0=0,
        y1=margin,
        fillcolor=SIGNAL,
        opacity=0.13,
        line={"width": 0},
        layer="below",
    )
    figure.add_annotation(
        x=right,
        y=margin,
        text="attention without effect",
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        font=_font(ink),
    )


def _font(ink: str) -> dict[str, str | int]:
    """Text with a rim in the colour of the ground, so that it can be read over dots."""
    ground = next(GROUND[scheme] for scheme, colour in INK.items() if colour == ink)
    return {"color": ink, "size": 12, "shadow": ", ".join([f"0 0 2px {ground}"] * 3)}
