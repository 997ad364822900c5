"""The register of a report's figures: each figure is entered once, rounded once, and cited by its id."""

from __future__ import annotations

import math

from streamrec_core.attribution.faithfulness.record import SessionMean
from streamrec_core.attribution.importance_record import Mean
from streamrec_core.data.shown_number import POINTS
from streamrec_core.report.document import Figure, Unit

DIGITS = 4
"""Decimal places that figures are rounded to, so that a report made again is the same."""


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
        """Enter a figure.

        Parameters
        ----------
        name : str
            Its id, parts joined by `/`.
        label : str
            What it measures.
        value : float
            In `unit`.
        unit : Unit
        interval : (float, float) or None
            Its 95 % interval.
        n : int or None
            Sessions or recommendations that it is a mean over.

        Returns
        -------
        str
            The id, to be cited with `ref`.

        Raises
        ------
        ValueError
            The id is taken: one figure would hide another.

        Examples
        --------
        >>> register = Register()
        >>> f"Hit@10 is {ref(register.enter('quality/hit@10', 'Hit@10', 0.31, 'share'))}."
        'Hit@10 is [[quality/hit@10]].'
        """
        if name in self._figures:
            raise ValueError(f"there is a figure {name!r} already")
        low, high = (None, None) if interval is None else map(_rounded, interval)
        self._figures[name] = Figure(id=name, label=label, value=_rounded(value), low=low, high=high, n=n, unit=unit)
        return name

    def mean(self, name: str, label: str, mean: Mean, unit: Unit, n: int) -> str:
        """Enter a mean with its interval.

        Parameters
        ----------
        name, label : str
            As in `enter`.
        mean : Mean
            In nats where the unit is `factor`; it is then entered in points as well, by `score_points`.
        unit : Unit
        n : int
            Sessions that it is a mean over.

        Returns
        -------
        str
            The id.
        """
        if unit == "factor":
            self.score_points(name, label, mean.value, (mean.low, mean.high), n)
            low, high = math.exp(mean.low), math.exp(mean.high)
            return self.enter(name, label, math.exp(mean.value), "factor", (low, high), n)
        return self.enter(name, label, mean.value, unit, (mean.low, mean.high), n)

    def score_points(
        self, name: str, label: str, nats: float, interval: tuple[float, float] | None = None, n: int | None = None
    ) -> str:
        """Enter a difference of scores or log-probabilities in points, under `name/points`.

        Parameters
        ----------
        name, label : str
            As in `enter`; the label gets its unit.
        nats : float
        interval : (float, float) or None
            In nats too.
        n : int or None
            As in `enter`.

        Returns
        -------
        str
            The id.

        Examples
        --------
        >>> register = Register()
        >>> register.figure(register.score_points("event/15", "lost without it", 0.391)).value
        39.1
        """
        bounds = None if interval is None else (POINTS * interval[0], POINTS * interval[1])
        return self.enter(f"{name}/points", f"{label}, in points", POINTS * nats, "score points", bounds, n)

    def measured(self, name: str, label: str, mean: SessionMean | None, unit: Unit) -> str:
        """Enter a figure of a faithfulness report.

        Parameters
        ----------
        name, label : str
            As in `enter`.
        mean : SessionMean or None
        unit : Unit

        Returns
        -------
        str
            The id; empty where there is no figure.
        """
        if mean is None:
            return ""
        bounds = None if mean.low is None or mean.high is None else (mean.low, mean.high)
        return self.enter(name, label, mean.mean, unit, mean.share_interval if unit == "share" else bounds, mean.n)

    def figure(self, name: str) -> Figure:
        """The figure of this id."""
        return self._figures[name]

    def figures(self) -> tuple[Figure, ...]:
        """Every figure, in the order of entry."""
        return tuple(self._figures.values())


def ref(name: str) -> str:
    """Cite a figure in a text by its id."""
    return f"[[{name}]]"


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # no negative zero
