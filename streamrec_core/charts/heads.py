"""Attention maps of all heads in one session, and the attention from the predicting position."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.measures import HeadReading
from streamrec_core.charts.cell_text import plotly_scale
from streamrec_core.charts.colour_bar import colour_bar
from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.labels import event_labels
from streamrec_core.charts.palette import HEAD_TYPE_COLOURS, PREDICTING, SEQUENTIAL, Scheme
from streamrec_core.charts.rows import ROWS, RowWords
from streamrec_core.data.shown_number import shown_number
from streamrec_core.explain.record import Explanation

UNSEEN = "rgba(128, 136, 148, 0.16)"
"""Of cells without a weight: an event does not attend to later ones."""
UNIFORM_MARK = "†"
"""Marks a type that uniform attention would have too."""
MAP_HEIGHT, EVENT_HEIGHT = 300, 26
GAP_ACROSS, GAP_UP = 0.035, 0.15
"""Between maps, as shares of the figure."""


def maps_figure(explanation: Explanation, titles: list[str], scheme: Scheme = "light") -> go.Figure:
    """Draw the attention maps of all heads as heatmaps, one row of maps for each layer.

    Parameters
    ----------
    explanation : Explanation
        With maps (layers, heads, L, L); rows attend to columns.
    titles : list of L str
        Of the history, in order.
    scheme : str
        light or dark ground.

    Returns
    -------
    Figure
        A heatmap for each head on one shared colour scale. Weights above its upper end (in early rows, which have
        few events to attend to) have its last colour; cells after the diagonal are blank.
    """
    layers, heads, length, _ = explanation.maps.shape
    labels, words = event_labels(titles, start=explanation.history.start), ROWS[explanation.predicts_from]
    # Built as one plain layout: make_subplots and update_* take ten times as long for eight maps.
    layout: dict[str, Any] = {"annotations": [], "shapes": []}
    traces = []
    for number, reading in enumerate(explanation.heads):
        x, y = _axis_names(number)
        weights = causal(explanation.maps[reading.layer, reading.head])
        traces.append(_map(weights, labels, _name(reading), words) | {"xaxis": x, "yaxis": y})
        left, bottom = reading.head == 0, reading.layer == layers - 1
        beside, below = (words.axis if left else ""), (words.column if bottom else "")
        across, up = _cell(reading.head, heads, GAP_ACROSS), _cell(layers - 1 - reading.layer, layers, GAP_UP)
        layout[_layout_name(x)] = _axis(reading.type) | _x_axis(length, across, y, below)
        layout[_layout_name(y)] = _axis(reading.type) | _y_axis(length, up, x, beside)
        layout["annotations"] += [_map_title(reading, x, y), *_event_numbers(length, x, y, left)]
        layout["shapes"].append(_predicting_row(length, x, y))
    return go.Figure(
        traces,
        layout
        | {
            "height": MAP_HEIGHT * layers + 80,
            "margin": {"l": 56, "r": 8, "t": 48, "b": 96, "pad": 0},
            "plot_bgcolor": UNSEEN,
            "coloraxis": _colour_scale(scale_top(explanation.maps), scheme),
        },
    )


def causal(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Blank (NaN) the cells of weights (L, L) after the diagonal."""
    seen = weights.astype(np.float32)
    seen[np.triu_indices(len(seen), k=1)] = np.nan
    return seen


def scale_top(maps: npt.NDArray[np.floating]) -> float:
    """Upper end of the shared colour scale: the largest weight from the predicting position, over all heads."""
    return float(maps[:, :, -1].max())


def _map(weights: npt.NDArray[np.float32], labels: list[str], name: str, words: RowWords) -> dict[str, Any]:
    row = words.row.replace("{event}", "%{y}")
    return {
        "type": "heatmap",
        "z": weights,
        "x": labels,
        "y": labels,
        "name": name,
        "coloraxis": "coloraxis",
        "hoverongaps": False,
        "hovertemplate": f"{row}<br>attends to %{{x}}<br>share of attention %{{z:.3f}}<extra>{name}</extra>",
    }


def _axis_names(number: int) -> tuple[str, str]:
    """Plotly's names of a map's axes: x, x2, x3 ..."""
    suffix = "" if number == 0 else str(number + 1)
    return f"x{suffix}", f"y{suffix}"


def _layout_name(axis: str) -> str:
    return f"{axis[0]}axis{axis[1:]}"


def _cell(position: int, count: int, gap: float) -> tuple[float, float]:
    """Where one of `count` maps begins and ends in a figure of width 1, gaps between them."""
    width = (1 - gap * (count - 1)) / count
    start = position * (width + gap)
    return start, min(1.0, start + width)


def _name(reading: HeadReading) -> str:
    return f"Layer {reading.layer} head {reading.head}"


def same_under_uniform(reading: HeadReading) -> bool:
    """Whether uniform attention would have the same type, other than `distributed`."""
    return reading.type != "distributed" and reading.type == reading.type_under_uniform


def _map_title(reading: HeadReading, x: str, y: str) -> dict[str, Any]:
    measures = reading.measures
    figures = (
        f"entropy {measures.entropy:.2f} · recency {shown_number(measures.recency_correlation, '+.2f')}"
        f" · category {measures.same_category_weight:.2f}"
    )
    mark = f" {UNIFORM_MARK}" if same_under_uniform(reading) else ""
    text = f"<b>{_name(reading)} · {reading.type}{mark}</b><br><span style='font-size:10px'>{figures}</span>"
    return _note(text, x=0.5, y=1, yshift=3, xref=f"{x} domain", yref=f"{y} domain", yanchor="bottom")


def _note(text: str, **position: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"size": 12}, **position}


def _axis(head_type: str) -> dict[str, Any]:
    """An axis in the colour of the head's type; labels show on hover, since only numbers fit beside it."""
    return {
        "type": "category",
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "linecolor": HEAD_TYPE_COLOURS[head_type],
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
    notes = [_note(str(event + 1), x=event, **below) for event in ends]
    return notes + [_note(str(event + 1), y=event, **left) for event in ends if beside]


def _predicting_row(length: int, x: str, y: str) -> dict[str, Any]:
    """A frame around the last row, from which the prediction is made."""
    across, up = {"x0": -0.5, "x1": length - 0.5}, {"y0": length - 1.5, "y1": length - 0.5}
    return {"type": "rect", "xref": x, "yref": y, **across, **up, "line": {"width": 1.5, "color": PREDICTING}}


def _colour_scale(top: float, scheme: Scheme = "light") -> dict[str, Any]:
    """One scale for all maps, with its colour bar below them on the right.

    Its colours are named: Streamlit's template has placeholders, which are black outside Streamlit.
    """
    return {
        "cmin": 0.0,
        "cmax": top,
        "colorscale": plotly_scale(SEQUENTIAL[scheme]),
        "colorbar": colour_bar("share of attention", {0.0: "0", top / 2: f"{top / 2:.2f}", top: f"{top:.2f}+"}),
    }
