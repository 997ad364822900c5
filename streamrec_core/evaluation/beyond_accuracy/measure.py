"""Measure recommended lists beyond accuracy, with bootstrap intervals over sessions and paired differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY, LIST_MEASURES, ListContext
from streamrec_core.evaluation.metrics import Values, interval

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class MeasuredLists:
    """The measures beyond accuracy of one set of lists.

    Attributes
    ----------
    name : str
        Whose lists: a model, or a floor.
    values : dict of str to (M,) float64
        By the names of `LIST_MEASURES`: what each list gives; the measure is the mean. NaN where a list is empty.
    intervals : dict of str to (float, float)
        95 %, bootstrap over sessions.
    """

    name: str
    values: Mapping[str, Values]
    intervals: Mapping[str, Interval]

    def mean(self, measure: str) -> float:
        """The measure of this name."""
        return float(np.nanmean(self.values[measure]))

    def as_plain(self) -> dict[str, Any]:
        """Each measure and its interval, as `coverage` and `coverage_interval`."""
        plain: dict[str, Any] = {}
        for name in self.values:
            plain |= {name: self.mean(name), f"{name}_interval": list(self.intervals[name])}
        return plain


def measure_lists(name: str, lists: IntArray, context: ListContext) -> MeasuredLists:
    """Measure lists beyond accuracy.

    Parameters
    ----------
    name : str
        Whose lists they are.
    lists : (M, k) int64
        Catalogue rows, best first, filled up with -1.
    context : ListContext

    Returns
    -------
    MeasuredLists

    Raises
    ------
    BadInput
        The numbers of lists and of targets differ, or every list is empty.

    Examples
    --------
    >>> context = ListContext(
    ...     np.array([3, 1, 0]), np.array([2, 1, 0]), 4, np.ones(3, bool), np.array([0, 1, 0]), np.array([1, 2])
    ... )
    >>> round(measure_lists("mine", np.array([[0, 1], [1, -1]]), context).mean("coverage"), 3)
    0.667
    """
    if len(lists) != len(context.targets):
        raise BadInput(f"{len(lists):,} lists for {len(context.targets):,} sessions; give one list a session")
    if not (lists != EMPTY).any():
        raise BadInput(f"{name} recommends nothing to any of {len(lists):,} sessions; there is no list to measure")
    values = {key: measure.of_lists(lists, context) for key, measure in LIST_MEASURES.items()}
    intervals = {key: _bounded(key, interval(each[~np.isnan(each)])) for key, each in values.items()}
    return MeasuredLists(name, values, intervals)


def _bounded(measure: str, bounds: Interval) -> Interval:
    """An interval without what the measure cannot be; a jackknife may reach past the end of a share."""
    highest = np.inf if LIST_MEASURES[measure].unit == "bits" else 1.0
    return (max(bounds[0], 0.0), min(bounds[1], highest))


def list_differences(first: MeasuredLists, second: MeasuredLists) -> dict[str, tuple[float, Interval]]:
    """Paired differences of two sets of lists, first less second, each with its 95 % interval over sessions.

    Parameters
    ----------
    first, second : MeasuredLists
        On the same sessions.

    Returns
    -------
    dict of str to (float, (float, float))
        Over the sessions for which both sides list something.

    Raises
    ------
    BadInput
        They are of different numbers of sessions.
    """
    differences = {}
    for name, values in first.values.items():
        if len(values) != len(second.values[name]):
            raise BadInput(
                f"{len(values):,} lists on one side, {len(second.values[name]):,} on the other; use the same sessions"
            )
        paired = values - second.values[name]
        paired = paired[~np.isnan(paired)]
        differences[name] = float(paired.mean()), interval(paired)
    return differences
