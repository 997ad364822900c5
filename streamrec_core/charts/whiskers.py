"""Whiskers on a bar or a dot: from its value to the ends of its interval, where it has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Span = tuple[float, float]


def whiskers(values: Sequence[float], intervals: Sequence[Span | None], colour: str, width: int = 4) -> dict[str, Any]:
    """What Plotly draws as error bars; a value without an interval gets none.

    Parameters
    ----------
    values, intervals : n of each
        In the same order and unit.
    width : int
        Of the end strokes, in pixels.
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
