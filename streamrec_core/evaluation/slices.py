"""Metrics by slice of the test sessions (length, category, popularity, engagement); thin slices stay visibly thin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from scipy import stats

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import CONFIDENCE, METRICS, Values, interval
from streamrec_core.models.popularity import learned_events

THIN = 50
"""Slices of fewer sessions say little: with 50 the 95 % interval of a share near one half is 27 points wide."""

LENGTH_BANDS = (1, 6, 11, 16, 21, 31, 51, 101)
"""First number of events of each band of history lengths; the last band is open."""

POPULARITY_BANDS = {
    "the most popular 1 %": 0.01,
    "the next 9 %": 0.10,
    "the next 40 %": 0.50,
    "the less popular half": 1.0,
}
"""Of the items that were learned from, by falling count: name, and where the band ends."""
NEVER_LEARNED = "never learned from"
ALL = "all test sessions"
"""Label of the first figure of every column."""


@dataclass(frozen=True, eq=False)
class Slicing:
    """A division of M examples into slices.

    Attributes
    ----------
    name : str
        In `SLICINGS`.
    codes : (M,) int64
        Which label each example has; every example has one.
    labels : tuple of str
    known_before : bool
        Whether the slice follows from the history alone. Otherwise it depends on the target, which no model
        knows, so that what is best on average is no bound within a slice.
    """

    name: str
    codes: IntArray
    labels: tuple[str, ...]
    known_before: bool

    def parts(self) -> list[tuple[str, IntArray]]:
        """Label and examples (rows of `codes`) of every slice that is not empty."""
        slices = ((label, np.flatnonzero(self.codes == code)) for code, label in enumerate(self.labels))
        return [(label, rows) for label, rows in slices if len(rows)]


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


def by_length(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the number of events in the history.

    Parameters
    ----------
    dataset : DataSet
    train, test : Examples
        What is learned from, and what is divided.

    Returns
    -------
    Slicing
    """
    codes = np.searchsorted(LENGTH_BANDS, test.ends, side="right") - 1
    ends = [f"{low} to {high - 1} events" for low, high in pairwise(LENGTH_BANDS)]
    return Slicing("session length", codes, (*ends, f"{LENGTH_BANDS[-1]} events or more"), known_before=True)


def by_category(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the category of the target, the commonest first.

    Parameters
    ----------
    dataset : DataSet
    train, test : Examples
        What is learned from, and what is divided.

    Returns
    -------
    Slicing
    """
    catalogue = dataset.catalogue
    codes = catalogue.category_of[test.targets(dataset.log)]
    order = np.argsort(-np.bincount(codes, minlength=len(catalogue.categories)), kind="stable")
    position = np.argsort(order)
    return Slicing("category of the target", position[codes], tuple(catalogue.categories[row] for row in order), False)


def by_popularity(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by how often the target occurs in what is learned from: bands of items by falling count.

    Parameters
    ----------
    dataset : DataSet
    train, test : Examples
        What is learned from, and what is divided.

    Returns
    -------
    Slicing
    """
    counts = np.bincount(dataset.log.items[learned_events(dataset.log, train)], minlength=len(dataset.catalogue))
    order = np.argsort(-counts, kind="stable")
    learned = int((counts > 0).sum())
    # Which share of the learned items is at least as popular as each.
    share = np.zeros(len(counts))
    share[order] = np.arange(1, len(counts) + 1) / max(learned, 1)
    band = np.searchsorted(list(POPULARITY_BANDS.values()), share - 1e-12, side="left")
    band[counts == 0] = len(POPULARITY_BANDS)
    codes = band[test.targets(dataset.log)]
    return Slicing("popularity of the target", codes, (*POPULARITY_BANDS, NEVER_LEARNED), known_before=False)


def by_engagement(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the engagement of the last event before the target.

    Parameters
    ----------
    dataset : DataSet
    train, test : Examples
        What is learned from, and what is divided.

    Returns
    -------
    Slicing
    """
    log = dataset.log
    codes = log.engagements[log.offsets[test.sessions] + test.ends - 1].astype(np.int64)
    return Slicing("engagement of the last event", codes, dataset.catalogue.words.phrases, known_before=True)


SLICINGS: dict[str, Callable[[DataSet, Examples, Examples], Slicing]] = {
    "session length": by_length,
    "category of the target": by_category,
    "popularity of the target": by_popularity,
    "engagement of the last event": by_engagement,
}


def slicing(name: str, dataset: DataSet, divided: Split) -> Slicing:
    """Divide the test part of a split into slices.

    Parameters
    ----------
    name : str
        In `SLICINGS`.
    dataset : DataSet
    divided : Split

    Returns
    -------
    Slicing

    Raises
    ------
    BadInput
        The name is unknown.
    """
    if name not in SLICINGS:
        raise BadInput(f"no slicing {name!r}; choose one of {', '.join(SLICINGS)}")
    return SLICINGS[name](dataset, divided.train, divided.test)


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
    wilson = stats.binomtest(int(values.sum()), len(values)).proportion_ci(CONFIDENCE, method="wilson")
    return (float(wilson.low), float(wilson.high))


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
