"""Divisions of the test sessions into slices: by length, category, popularity and engagement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.models.popularity import item_counts

LENGTH_BANDS = (1, 6, 11, 16, 21, 31, 51, 101)
"""First number of events of each band of history lengths; the last band is open."""
POPULARITY_BANDS = {
    "the most popular 1%": 0.01,
    "the next 9%": 0.10,
    "the next 40%": 0.50,
    "the less popular half": 1.0,
}
"""Of the items that were learned from, by falling count: name, and where the band ends."""
NEVER_LEARNED = "never learned from"


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


def _by_length(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the number of events in the history."""
    codes = np.searchsorted(LENGTH_BANDS, test.ends, side="right") - 1
    ends = [f"{low} to {high - 1} events" for low, high in pairwise(LENGTH_BANDS)]
    return Slicing("session length", codes, (*ends, f"{LENGTH_BANDS[-1]} events or more"), known_before=True)


def _by_category(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the category of the target, the commonest first."""
    catalogue = dataset.catalogue
    codes = catalogue.category_of[test.targets(dataset.log)]
    order = np.argsort(-np.bincount(codes, minlength=len(catalogue.categories)), kind="stable")
    position = np.argsort(order)
    return Slicing("category of the target", position[codes], tuple(catalogue.categories[row] for row in order), False)


def _by_popularity(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by how often the target occurs in what is learned from: bands of items by falling count."""
    counts = item_counts(dataset.log, dataset.catalogue, train)
    order = np.argsort(-counts, kind="stable")
    learned = int((counts > 0).sum())
    # Which share of the learned items is at least as popular as each.
    share = np.zeros(len(counts))
    share[order] = np.arange(1, len(counts) + 1) / max(learned, 1)
    band = np.searchsorted(list(POPULARITY_BANDS.values()), share - 1e-12, side="left")
    band[counts == 0] = len(POPULARITY_BANDS)
    codes = band[test.targets(dataset.log)]
    return Slicing("popularity of the target", codes, (*POPULARITY_BANDS, NEVER_LEARNED), known_before=False)


def _by_engagement(dataset: DataSet, train: Examples, test: Examples) -> Slicing:
    """Divide by the engagement of the last event before the target."""
    log = dataset.log
    codes = log.engagements[log.offsets[test.sessions] + test.ends - 1].astype(np.int64)
    return Slicing("engagement of the last event", codes, dataset.catalogue.words.phrases, known_before=True)


SLICINGS: dict[str, Callable[[DataSet, Examples, Examples], Slicing]] = {
    "session length": _by_length,
    "category of the target": _by_category,
    "popularity of the target": _by_popularity,
    "engagement of the last event": _by_engagement,
}
"""Each takes the data set, the examples that are learned from, and those that are divided."""


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
