"""Metrics by slice of the test sessions, with intervals; thin slices stay visibly thin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import METRICS, Values, interval, share_interval
from streamrec_core.evaluation.slicings import Slicing

THIN = 50
"""Slices of fewer sessions say little: with 50 the 95 % interval of a share near one half is 27 points wide."""
ALL = "all test sessions"
"""Label of the first figure of every column."""


@dataclass(frozen=True)
class SliceScore:
    """A metric on one slice.

    Attributes
    ----------
    label : str
    count : int
        Sessions in the slice.
    value : float
        Mean of the metric, or of its difference between two models.
    interval : (float, float)
        95 %.
    """

    label: str
    count: int
    value: float
    interval: tuple[float, float]

    @property
    def thin(self) -> bool:
        """Whether the slice has too few sessions to rely on."""
        return self.count < THIN


def slice_scores(evaluation: Evaluation, parts: Slicing, metric: str = "hit@10") -> tuple[SliceScore, ...]:
    """Mean and interval of a metric on all examples, then on every slice that is not empty.

    Parameters
    ----------
    evaluation : Evaluation
    parts : Slicing
        Of the examples that were evaluated.
    metric : str
        Name in `METRICS`.

    Returns
    -------
    tuple of SliceScore

    Raises
    ------
    BadInput
        The slicing is of other examples.
    """
    values = METRICS[metric].of_ranks(evaluation.ranks)
    return _scores(values, parts, share if metric.startswith("hit@") else few)


def slice_differences(
    first: Evaluation, second: Evaluation, parts: Slicing, metric: str = "hit@10"
) -> tuple[SliceScore, ...]:
    """Paired difference of two models, first less second, on all examples and on every slice that is not empty.

    Parameters
    ----------
    first, second : Evaluation
        On the same targets.
    parts : Slicing
        Of these targets.
    metric : str
        Name in `METRICS`.

    Returns
    -------
    tuple of SliceScore

    Raises
    ------
    BadInput
        The models were evaluated on different numbers of targets.
    """
    if len(first.ranks) != len(second.ranks):
        raise BadInput(f"{len(first.ranks):,} targets on one side, {len(second.ranks):,} on the other; use the same")
    of_ranks = METRICS[metric].of_ranks
    return _scores(of_ranks(first.ranks) - of_ranks(second.ranks), parts, partial(few, lowest=-1.0))


def slice_ceilings(evaluation: Evaluation, parts: Slicing) -> tuple[SliceScore, ...]:
    """Expected Hit@10 of the best ten items, on all examples and on every slice.

    Parameters
    ----------
    evaluation : Evaluation
    parts : Slicing

    Returns
    -------
    tuple of SliceScore
        Empty where the ceiling is not known. Where a slice tells the target, only that of all examples: within such a
        slice a model may do better than the best ten do on average.
    """
    if evaluation.ceiling is None:
        return ()
    ceilings = _scores(evaluation.ceiling, parts, interval)
    return ceilings if parts.known_before else ceilings[:1]


def share(values: Values) -> tuple[float, float]:
    """95 % Wilson interval (Wilson 1927) of the share of ones among values (M,); never of width zero."""
    return share_interval(int(values.sum()), len(values))


def few(values: Values, lowest: float = 0.0, highest: float = 1.0) -> tuple[float, float]:
    """95 % interval of the mean of bounded values, with a width also where all of them are equal.

    A bootstrap of equal values has no width, as though nothing else could ever come. Here such values leave room for
    as many others, at their worst, as the Wilson interval of "none of M" does.

    Parameters
    ----------
    values : (M,) float64
    lowest, highest : float
        Bounds of the values.

    Returns
    -------
    (float, float)
    """
    if np.ptp(values) > 0:
        return interval(values)
    other = share(np.zeros(len(values)))[1]
    value = float(values[0])
    return (value - (value - lowest) * other, value + (highest - value) * other)


def _scores(values: Values, parts: Slicing, spread: Callable[[Values], tuple[float, float]]) -> tuple[SliceScore, ...]:
    if len(values) != len(parts.codes):
        raise BadInput(f"{len(values):,} results for {len(parts.codes):,} examples; slice what was evaluated")
    everything = (ALL, np.arange(len(values)))
    return tuple(
        SliceScore(label, len(rows), float(values[rows].mean()), spread(values[rows]))
        for label, rows in (everything, *parts.parts())
    )
