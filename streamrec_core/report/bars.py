"""Where the bar of each figure in a column begins and ends; geometry only, drawn by the page's template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.report.document import Figure

WIDTH = 120.0
"""Of a whole column, in the units of the drawing."""


@dataclass(frozen=True)
class Bar:
    """A bar and its whisker, in units of the drawing; `against` where the figure is below nothing.

    Attributes
    ----------
    zero : float
        Where nothing stands.
    left, width : float
    low, high : float or None
        Ends of the 95 % interval.
    """

    zero: float
    left: float
    width: float
    low: float | None
    high: float | None
    against: bool


def bars(figures: Sequence[Figure | None]) -> list[Bar | None]:
    """A bar for each figure of one column, all on one scale; factors by their logarithm, so that 1 is nothing."""
    spans = [_span(one) for one in figures if one is not None]
    least = min((low for low, _, _ in spans), default=0.0)
    most = max((high for _, _, high in spans), default=1.0)
    start, end = min(0.0, least), max(most, 0.0)
    scale = WIDTH / (end - start) if end > start else 0.0
    return [None if one is None else _bar(one, start, scale) for one in figures]


def _span(one: Figure) -> tuple[float, float, float]:
    value = _value(one, one.value)
    low, high = (value if bound is None else _value(one, bound) for bound in (one.low, one.high))
    return min(low, value), value, max(high, value)


def _value(one: Figure, value: float) -> float:
    return math.log(max(value, 1e-4)) if one.unit == "factor" else value


def _bar(one: Figure, start: float, scale: float) -> Bar:
    low, value, high = _span(one)
    zero, end = -start * scale, (value - start) * scale
    bounded = one.low is not None
    return Bar(
        zero=round(zero, 1),
        left=round(min(zero, end), 1),
        width=round(max(abs(end - zero), 0.6), 1),
        low=round((low - start) * scale, 1) if bounded else None,
        high=round((high - start) * scale, 1) if bounded else None,
        against=value < 0,
    )
