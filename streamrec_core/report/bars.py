"""Geometry of the bars in the report's tables: where the bar and the interval of each figure begin and end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.report.document import Figure

WIDTH = 120.0
"""Of a whole column, in the units of the drawing."""


@dataclass(frozen=True)
class Bar:
    """A bar and its error bar, in units of the drawing.

    Attributes
    ----------
    zero : float
        Position of the value 0 (1 for factors).
    left, width : float
    low, high : float or None
        Ends of the 95 % interval.
    against : bool
        Whether the value is negative.
    """

    zero: float
    left: float
    width: float
    low: float | None
    high: float | None
    against: bool


def bars(figures: Sequence[Figure | None]) -> list[Bar | None]:
    """Lay out a bar for each figure of a column, on one scale; factors by their logarithm, so that 1 is at zero."""
    spans = [_span(figure) for figure in figures if figure is not None]
    lowest = min((low for low, _, _ in spans), default=0.0)
    highest = max((high for _, _, high in spans), default=1.0)
    start, end = min(0.0, lowest), max(highest, 0.0)
    scale = WIDTH / (end - start) if end > start else 0.0
    return [None if figure is None else _bar(figure, start, scale) for figure in figures]


def _span(figure: Figure) -> tuple[float, float, float]:
    """Lower end, value and upper end on the axis."""
    value = _on_axis(figure, figure.value)
    low, high = (value if bound is None else _on_axis(figure, bound) for bound in (figure.low, figure.high))
    return min(low, value), value, max(high, value)


def _on_axis(figure: Figure, number: float) -> float:
    return math.log(max(number, 1e-4)) if figure.unit == "factor" else number


def _bar(figure: Figure, start: float, scale: float) -> Bar:
    low, value, high = _span(figure)
    zero, end = -start * scale, (value - start) * scale
    bounded = figure.low is not None
    return Bar(
        zero=round(zero, 1),
        left=round(min(zero, end), 1),
        width=round(max(abs(end - zero), 0.6), 1),
        low=round((low - start) * scale, 1) if bounded else None,
        high=round((high - start) * scale, 1) if bounded else None,
        against=value < 0,
    )
