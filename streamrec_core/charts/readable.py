"""Readable text in charts: ticks, titles, legends and notes in a colour with enough contrast on the ground."""

from __future__ import annotations

from typing import Any

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.palette import CHART_TEXT, Scheme


def readable(figure: go.Figure, scheme: Scheme = "light") -> go.Figure:
    """Set the colour of all text that is drawn on the ground; text on bars and cells, and what has a colour, stays.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    scheme : str
        light or dark ground.

    Returns
    -------
    Figure
        The same one.
    """
    colour = CHART_TEXT[scheme]
    text: dict[str, Any] = {"color": colour}
    axis = {"tickfont": text, "title": {"font": text}}
    figure.update_layout(font=text, legend={"font": text})
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    for note in figure.layout.annotations:
        if note.font.color is None:
            note.font.color = colour
    bars = [figure.layout.coloraxis, *(trace for trace in figure.data if "colorbar" in trace)]
    for owner in bars:
        owner.update(colorbar=axis)
    return figure
