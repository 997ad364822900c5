"""Error bars from a value to the ends of its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Span = tuple[float, float]


def error_bars(
    values: Sequence[float], intervals: Sequence[Span | None], colour: str, width: int = 4
) -> dict[str, Any]:
    """Make Plotly's error bars; a value without an interval gets none.

    Parameters
    ----------
    values : sequence of n float
    intervals : sequence of n (float, float) or None
        In the unit of the values.
    colour : str
    width : int
        Of the end strokes, in pixels.

    Returns
    -------
    dict of str to Any
        For `error_x` or `error_y` of a trace.
    """
    spans = [span or (value, value) for value, span in zip(values, intervals, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, (_, high) in zip(values, spans, strict=True)],
        "arrayminus": [value - low for value, (low, _) in zip(values, spans, strict=True)],
        "thickness": 1.5,
        "width": width,
        "color": colour,
        "visible": any(intervals),
    }
