"""Attention of all heads in one session: every map in one figure, and the row that the prediction was made from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.measures import HeadReading
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import event_labels
from streamrec_core.charts.palette import head_colour
from streamrec_core.charts.rows import RowWords, row_words
from streamrec_core.explain.record import Explanation

UNSEEN = "rgba(128, 136, 148, 0.16)"
"""Ground of the cells that hold no weight: an event cannot look at what comes after it."""
UNIFORM_MARK = "†"
"""Beside a type that even attention would have got too."""
PREDICTING = "#e08a3c"
MAP_HEIGHT, EVENT_HEIGHT = 300, 26
GAP_ACROSS, GAP_UP = 0.035, 0.15
"""Between maps, as shares of the figure."""


def maps_figure(explanation: Explanation, titles: list[str]) -> go.Figure:
    """All heads as heatmaps, a layer a row: which event looks at which.

    Parameters
    ----------
    explanation : Explanation
        With maps (layers, heads, L, L); row = the event that looks, column = the event looked at.
    titles : list of L str
        Of the history, in order.

    Returns
    -------
    Figure
        One heatmap a head on one shared colour scale. Weights above its upper end (early events have few others
        to look at) are drawn in its last colour; cells after the diagonal are left out.
    """
    layers, heads, length, _ = explanation.maps.shape
    labels, words = event_labels(titles), row_words(explanation.predicts_from)
    # Built as one plain layout: make_subplots and update_* take ten times as long for eight maps.
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    traces = []
    for number, reading in enumerate(explanation.heads):
        x, y = _axis_names(number)
        weights = causal(explanation.maps[reading.layer, reading.head])
        traces.append(_map(weights, labels, _name(reading), words) | {"xaxis": x, "yaxis": y})
        left, bottom = reading.head == 0, reading.layer == layers - 1
        beside, below = (words.axis if left else ""), (words.looked_at if bottom else "")
        across, up = _cell(reading.head, heads, GAP_ACROSS), _cell(layers - 1 - reading.layer, layers, GAP_UP)
        layout[_layout_name(x)] = _axis(number) | _x_axis(length, across, y, below)
        layout[_layout_name(y)] = _axis(number) | _y_axis(length, up, x, beside)
        layout["annotations"] += [_map_title(reading, x, y), *_event_numbers(length, x, y, left)]
        layout["shapes"].append(_predicting_row(length, x, y))
    return go.Figure(
        traces,
        layout
        | {
            "height": MAP_HEIGHT * layers + 80,
            "margin": {"l": 56, "r": 8, "t": 48, "b": 96, "pad": 0},
            "plot_bgcolor": UNSEEN,
            "coloraxis": _colour_scale(scale_top(explanation.maps)),
        },
    )


def prediction_figure(explanation: Explanation, titles: list[str]) -> go.Figure:
    """How much each head looked at each event when it predicted: events as rows, latest first; heads as columns."""
    layers, heads, length, _ = explanation.maps.shape
    # (layers, heads, L, L)[:, :, last] -> (layers * heads, L) -> (L, layers * heads)
    weights = explanation.maps[:, :, -1].reshape(layers * heads, length).T[::-1]
    columns = [f"<b>{_name(reading)}</b><br>{reading.type}" for reading in explanation.heads]
    figure = go.Figure(
        go.Heatmap(
            z=weights.astype(np.float32),
            x=columns,
            y=event_labels(titles, width=30)[::-1],
            coloraxis="coloraxis",
            xgap=2,
            ygap=2,
            texttemplate="%{z:.2f}",
            hovertemplate="%{y}<br>%{x}<br>share of attention %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", side="top", fixedrange=True, tickangle=0, showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, showgrid=False, automargin=True)
    return figure.update_layout(
        height=EVENT_HEIGHT * length + 130,
        margin={"l": 8, "r": 8, "t": 56, "b": 72, "pad": 0},
        coloraxis=_colour_scale(scale_top(explanation.maps)),
    )


def causal(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Weights (L, L) with the cells after the diagonal blank (NaN)."""
    seen = weights.astype(np.float32)
    seen[np.triu_indices(len(seen), k=1)] = np.nan
    return seen


def scale_top(maps: npt.NDArray[np.floating]) -> float:
    """Upper end of the shared colour scale: the heaviest weight from the predicting position, over all heads."""
    return float(maps[:, :, -1].max())


def _map(weights: npt.NDArray[np.float32], labels: list[str], name: str, words: RowWords) -> dict[str, Any]:
    looks = words.one.replace("{event}", "%{y}")
    return {
        "type": "heatmap",
        "z": weights,
        "x": labels,
        "y": labels,
        "name": name,
        "coloraxis": "coloraxis",
        "hoverongaps": False,
        "hovertemplate": f"{looks}<br>looks at %{{x}}<br>share of attention %{{z:.3f}}<extra>{name}</extra>",
    }


def _axis_names(number: int) -> tuple[str, str]:
    """Plotly's names of a map's axes: x, x2, x3 ..."""
    suffix = "" if number == 0 else str(number + 1)
    return f"x{suffix}", f"y{suffix}"


def _layout_name(axis: str) -> str:
    return f"{axis[0]}axis{axis[1:]}"


def _cell(place: int, count: int, gap: float) -> tuple[float, float]:
    """Where one of `count` maps begins and ends in a figure of width 1, gaps between them."""
    width = (1 - gap * (count - 1)) / count
    start = place * (width + gap)
    return start, min(1.0, start + width)


def _name(reading: HeadReading) -> str:
    return f"Layer {reading.layer} head {reading.head}"


def same_under_uniform(reading: HeadReading) -> bool:
    """Whether even attention would have got the same name, where the name says something."""
    return reading.type != "distributed" and reading.type == reading.type_under_uniform


def _map_title(reading: HeadReading, x: str, y: str) -> dict[str, Any]:
    found = reading.measures
    figures = (
        f"entropy {found.entropy:.2f} · recency {found.recency_correlation:+.2f}"
        f" · category {found.same_category_weight:.2f}"
    )
    mark = f" {UNIFORM_MARK}" if same_under_uniform(reading) else ""
    text = f"<b>{_name(reading)} · {reading.type}{mark}</b><br><span style='font-size:10px'>{figures}</span>"
    return _note(text, x=0.5, y=1, yshift=3, xref=f"{x} domain", yref=f"{y} domain", yanchor="bottom")


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"size": 12}, **place}


def _axis(number: int) -> dict[str, Any]:
    """Framed in the head's colour. Labels show on hover; beside the axis there is room for numbers only."""
    return {
        "type": "category",
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": head_colour(number),
        "linewidth": 2,
        "fixedrange": True,
        "constrain": "domain",
    }


def _x_axis(length: int, across: tuple[float, float], y: str, title: str) -> dict[str, Any]:
    return {"anchor": y, "domain": across, "range": [-0.5, length - 0.5], "title": _axis_title(title)}


def _y_axis(length: int, up: tuple[float, float], x: str, title: str) -> dict[str, Any]:
    """The first event on top, and cells as high as wide."""
    span = [length - 0.5, -0.5]
    return {"anchor": x, "domain": up, "range": span, "scaleanchor": x, "title": _axis_title(title)}


def _axis_title(text: str) -> dict[str, Any]:
    return {"text": text, "font": {"size": 11}, "standoff": 18}


def _event_numbers(length: int, x: str, y: str, beside: bool) -> list[dict[str, Any]]:
    """First and last event number below the map and, on the left, beside it."""
    ends = sorted({0, length - 1})
    below = {"xref": x, "yref": f"{y} domain", "y": 0, "yshift": -3, "yanchor": "top"}
    left = {"xref": f"{x} domain", "yref": y, "x": 0, "xshift": -5, "xanchor": "right"}
    notes = [_note(str(place + 1), x=place, **below) for place in ends]
    return notes + [_note(str(place + 1), y=place, **left) for place in ends if beside]


def _predicting_row(length: int, x: str, y: str) -> dict[str, Any]:
    """A frame around the last row, from which the prediction is made."""
    across, up = {"x0": -0.5, "x1": length - 0.5}, {"y0": length - 1.5, "y1": length - 0.5}
    return {"type": "rect", "xref": x, "yref": y, **across, **up, "line": {"width": 1.5, "color": PREDICTING}}


def _colour_scale(top: float) -> dict[str, Any]:
    """One scale for all maps, its key below them on the right."""
    return {
        "cmin": 0.0,
        "cmax": top,
        "colorbar": {
            "title": {"text": "share of attention<br> ", "font": {"size": 11}, "side": "top"},
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
            "tickvals": [0.0, top / 2, top],
            "ticktext": ["0", f"{top / 2:.2f}", f"{top:.2f}+"],
        },
    }
