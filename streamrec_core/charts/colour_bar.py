"""The horizontal colour bar of heatmaps, below them on the right."""

from __future__ import annotations

from typing import Any


def colour_bar(title: str, ticks: dict[float, str]) -> dict[str, Any]:
    """Make Plotly's colour bar.

    Parameters
    ----------
    title : str
    ticks : dict of float to str
        Label of each tick by its value.

    Returns
    -------
    dict of str to Any
        For `colorbar` of a trace or colour axis.
    """
    return {
        "title": {"text": f"{title}<br> ", "font": {"size": 11}, "side": "top"},
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
        "tickvals": list(ticks),
        "ticktext": list(ticks.values()),
    }
