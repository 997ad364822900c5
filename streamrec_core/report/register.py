"""The register that every figure of a pack is entered in before it can be shown: rounded once, named once."""

from __future__ import annotations

import math

from streamrec_core.attribution.faithfulness.record import SessionMean
from streamrec_core.attribution.importance_record import Mean
from streamrec_core.report.document import Figure, Unit

DIGITS = 4
"""Figures are rounded to so many digits after the point, so that a pack made again is the same."""


class Register:
    """Takes figures and gives their ids."""

    def __init__(self) -> None:
        self._figures: dict[str, Figure] = {}

    def enter(
        self,
        name: str,
        label: str,
        value: float,
        unit: Unit = "number",
        interval: tuple[float, float] | None = None,
        n: int | None = None,
    ) -> str:
        """Enter a figure; gives its id.

        Raises
        ------
        ValueError
            The id is taken: one figure would hide another.
        """
        if name in self._figures:
            raise ValueError(f"there is a figure {name!r} already")
        low, high = (None, None) if interval is None else map(_rounded, interval)
        self._figures[name] = Figure(id=name, label=label, value=_rounded(value), low=low, high=high, n=n, unit=unit)
        return name

    def mean(self, name: str, label: str, found: Mean, unit: Unit, n: int) -> str:
        """Enter a mean with its interval; for a factor, a mean of nats is given, and entered beside it."""
        if unit == "factor":
            self.enter(f"{name}/nats", f"{label}, in nats", found.value, "nats", (found.low, found.high), n)
            low, high = math.exp(found.low), math.exp(found.high)
            return self.enter(name, label, math.exp(found.value), "factor", (low, high), n)
        return self.enter(name, label, found.value, unit, (found.low, found.high), n)

    def measured(self, name: str, label: str, found: SessionMean | None, unit: Unit) -> str:
        """Enter a figure of a faithfulness report; gives an empty text where there is none."""
        if found is None:
            return ""
        interval = None if found.low is None or found.high is None else (found.low, found.high)
        return self.enter(name, label, found.mean, unit, interval, found.n)

    def known(self, name: str) -> Figure:
        """The figure of this id."""
        return self._figures[name]

    def figures(self) -> tuple[Figure, ...]:
        """Every figure, in the order of entry."""
        return tuple(self._figures.values())


def place(name: str) -> str:
    """How a figure is placed in a text."""
    return f"[[{name}]]"


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # no negative zero
