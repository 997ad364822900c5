"""Readable text in charts: a colour with enough contrast, titles that fit a phone, one form of large numbers."""

from __future__ import annotations

from typing import Any

from streamrec_core.charts.graph_objects import go
from streamrec_core.charts.palette import CHART_TEXT, Scheme

LETTERS = 30
"""Letters of an axis title in one line: as many as a phone has room for beside the labels."""
LINE = 16
"""Pixels of one more line."""
NUMBERS = {"exponentformat": "none", "separatethousands": True}
"""Of ticks without a format of their own: 2,000 and 10,000. Plotly alone writes 2000 beside 10k on one axis."""
READABLE_OR_NONE = {"minsize": 9, "mode": "hide"}
"""Of text on bars, for `uniformtext`: otherwise Plotly shrinks text into bars of a few pixels until nobody reads it."""


def readable(figure: go.Figure, scheme: Scheme = "light") -> go.Figure:
    """Set the colour of all text that is drawn on the ground, and break long titles of horizontal axes into two lines.

    Large numbers on axes and colour bars are written out, with a comma between thousands.
    Text on bars and cells, and what has a colour, stays as it is.

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
    axis = {"tickfont": text, "title": {"font": text}} | NUMBERS
    figure.update_layout(font=text, legend={"font": text})
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    for note in figure.layout.annotations:
        if note.font.color is None:
            note.font.color = colour
    _break_titles(figure)
    bars = [figure.layout.coloraxis, *(trace for trace in figure.data if "colorbar" in trace)]
    for owner in bars:
        owner.update(colorbar=axis)
    return figure


def _break_titles(figure: go.Figure) -> None:
    """Break long titles of horizontal axes in the middle, and make room for the second line below the chart."""
    long = [axis for axis in figure.select_xaxes() if in_two_lines(axis.title.text or "") != (axis.title.text or "")]
    for axis in long:
        axis.title.text = in_two_lines(axis.title.text)
    if not long:
        return
    if figure.layout.margin.b is not None:
        figure.layout.margin.b += LINE
    if figure.layout.height is not None:
        figure.layout.height += LINE


def in_two_lines(title: str) -> str:
    """Break a long title at the space nearest to its middle; a short one, and one of one word or two lines, stays.

    Examples
    --------
    >>> in_two_lines("log-probability drop without it (nats)")
    'log-probability drop<br>without it (nats)'
    """
    spaces = [at for at, letter in enumerate(title) if letter == " "]
    if len(title) <= LETTERS or not spaces or "<br>" in title:
        return title
    middle = min(spaces, key=lambda at: abs(at - len(title) / 2))
    return f"{title[:middle]}<br>{title[middle + 1 :]}"
