"""Predictive lift of an item in the data alone: mutual information of its presence and the next category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.models.popularity import EVENTS_AT_ONCE, learned_events


@dataclass(frozen=True)
class PredictiveLift:
    """How well the presence of one item predicts the category of the next.

    Attributes
    ----------
    gain : float
        Mutual information of presence and next category, in nats a session; 0 where they are independent. Chance
        alone gives a little above 0, which `p_value` allows for.
    p_value : float
        Of the likelihood-ratio (G) test that presence and next category are independent.
    """

    gain: float
    p_value: float


def presence(dataset: DataSet, examples: Examples, rows: IntArray) -> npt.NDArray[np.bool_]:
    """Mark which items are in which histories.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M examples.
    rows : (n,) int64
        Catalogue rows of the items.

    Returns
    -------
    (n, M) bool
    """
    row_of = np.full(len(dataset.catalogue), -1, np.int64)
    row_of[rows] = np.arange(len(rows))
    present = np.zeros((len(rows), len(examples)), bool)
    for example_of, items in history_events(dataset, examples):
        counted = row_of[items] >= 0
        present[row_of[items[counted]], example_of[counted]] = True
    return present


def history_events(dataset: DataSet, examples: Examples) -> Iterator[tuple[IntArray, IntArray]]:
    """All events of the histories, some histories at a time.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M of them; their targets are no part of the histories.

    Yields
    ------
    (n,) int64, (n,) int64
        Which example each event is of, and its catalogue row.
    """
    first = 0
    for part in examples.pieces(EVENTS_AT_ONCE):
        rows = learned_events(dataset.log, Examples(part.sessions, part.ends - 1))
        yield np.repeat(np.arange(first, first + len(part)), part.ends), dataset.log.items[rows].astype(np.int64)
        first += len(part)


def predictive_lift(dataset: DataSet, examples: Examples, rows: IntArray) -> tuple[PredictiveLift, ...]:
    """Test for each item whether the target's category depends on its presence in the history.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        Histories and targets to count.
    rows : (n,) int64
        Catalogue rows of the items.

    Returns
    -------
    tuple of n PredictiveLift
    """
    codes = dataset.catalogue.category_of[examples.targets(dataset.log)]
    size, items_tested = int(codes.max(initial=0)) + 1, max(len(rows), 1)
    row_of = np.full(len(dataset.catalogue), -1, np.int64)
    row_of[rows] = np.arange(len(rows))
    present = np.zeros(len(rows) * size, np.int64)
    for example_of, items in history_events(dataset, examples):
        counted = row_of[items] >= 0
        pairs = np.unique(example_of[counted] * items_tested + row_of[items[counted]])
        present += np.bincount(pairs % items_tested * size + codes[pairs // items_tested], minlength=len(present))
    absent = np.bincount(codes, minlength=size) - present.reshape(-1, size)
    return tuple(_lift(np.stack(table)) for table in zip(present.reshape(-1, size), absent, strict=True))


def _lift(table: IntArray) -> PredictiveLift:
    """Test the counts (2, C) of next categories in histories with an item and in those without it."""
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not table.sum(1).all():
        return PredictiveLift(0.0, 1.0)
    test = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    return PredictiveLift(float(test.statistic) / (2 * float(table.sum())), float(test.pvalue))
