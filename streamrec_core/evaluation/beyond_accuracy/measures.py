"""Formulas of the measures beyond accuracy, by the definitions of RecTools (`rectools.metrics`, version 0.19).

Lists are rows of catalogue rows, best first, filled up with -1 where they are short. A list with no item has no value
(NaN), as RecTools leaves out a user without recommendations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import Values
from streamrec_core.models.popularity import EVENTS_AT_ONCE, learned_events

EMPTY = -1
"""Fills up a list that is shorter than the others."""


@dataclass(frozen=True, eq=False)
class ListContext:
    """What recommended lists are measured against.

    Attributes
    ----------
    counts : (V,) int64
        Training events of each item; 0 for a neutral item.
    sessions_with : (V,) int64
        Training sessions that hold the item.
    sessions : int
        Number of training sessions.
    recommendable : (V,) bool
        Items that can be recommended.
    category_of : (V,) int64
        Code of each item's category.
    targets : (M,) int64
        The item that came next, for each list.
    """

    counts: IntArray
    sessions_with: IntArray
    sessions: int
    recommendable: npt.NDArray[np.bool_]
    category_of: IntArray
    targets: IntArray


def list_context(dataset: DataSet, train: Examples, examples: Examples) -> ListContext:
    """Count the training part once for all lists that are measured.

    Parameters
    ----------
    dataset : DataSet
    train : Examples
        Whose events count.
    examples : Examples
        M of them, for which lists are recommended.

    Returns
    -------
    ListContext
    """
    log, size = dataset.log, len(dataset.catalogue)
    recommendable = ~dataset.catalogue.neutral
    counts, sessions_with = (np.zeros(size, np.int64) for _ in range(2))
    for part in train.pieces(EVENTS_AT_ONCE):
        items = log.items[learned_events(log, part)].astype(np.int64)
        of_event = np.repeat(np.arange(len(part)), part.ends + 1)
        counts += np.bincount(items, minlength=size)
        sessions_with += np.bincount(np.unique(of_event * size + items) % size, minlength=size)
    return ListContext(
        counts=counts * recommendable,
        sessions_with=sessions_with,
        sessions=len(train),
        recommendable=recommendable,
        category_of=dataset.catalogue.category_of,
        targets=examples.targets(log),
    )


def diversity(lists: IntArray, context: ListContext) -> Values:
    """Intra-list diversity: share of the pairs in a list that differ in category.

    RecTools' `IntraListDiversity` with the Hamming distance over one column, the category.

    Parameters
    ----------
    lists : (M, k) int64
    context : ListContext

    Returns
    -------
    (M,) float64
        0 for a list of one item.
    """
    labels = np.where(lists == EMPTY, EMPTY, context.category_of[lists])
    first, second = np.triu_indices(lists.shape[1], 1)
    pair = (labels[:, first] != EMPTY) & (labels[:, second] != EMPTY)  # (M, k (k - 1) / 2)
    differs = pair & (labels[:, first] != labels[:, second])
    return _none_where_empty(differs.sum(1) / np.maximum(pair.sum(1), 1), lists)


def novelty(lists: IntArray, context: ListContext) -> Values:
    """Mean inverse user frequency in bits: -log2 of the share of training sessions that hold an item.

    RecTools' `MeanInvUserFreq`; an item of no training session counts as one of a single session.

    Parameters
    ----------
    lists : (M, k) int64
    context : ListContext

    Returns
    -------
    (M,) float64
    """
    share = np.maximum(context.sessions_with, 1) / max(context.sessions, 1)
    return _mean(-np.log2(share), lists)


def popularity(lists: IntArray, context: ListContext) -> Values:
    """Average popularity of the recommended items: their share of all training events.

    RecTools' `AvgRecPopularity(normalize=True)`.

    Parameters
    ----------
    lists : (M, k) int64
    context : ListContext

    Returns
    -------
    (M,) float64
    """
    return _mean(context.counts / max(int(context.counts.sum()), 1), lists)


def serendipity(lists: IntArray, context: ListContext) -> Values:
    """Credit for the item that came next, the more the higher it is listed and the less popular it is.

    RecTools' `Serendipity`: the mean over the list of max(p(rank) - p(popularity rank), 0) where the item is the
    target, with p(r) = (n + 1 - r) / n over n items; equal counts share a popularity rank.

    Parameters
    ----------
    lists : (M, k) int64
    context : ListContext

    Returns
    -------
    (M,) float64
    """
    size = int(context.recommendable.sum())
    counted = np.unique(context.counts[context.counts > 0])  # rising
    rank_of_count = len(counted) - np.searchsorted(counted, context.counts)
    for_all = np.where(context.counts > 0, (size + 1 - rank_of_count) / size, 0.0)
    for_user = (size - np.arange(lists.shape[1])) / size  # (k,)
    credit = np.maximum(for_user - for_all[lists], 0.0) * (lists == context.targets[:, None])
    return _none_where_empty(credit.sum(1) / np.maximum((lists != EMPTY).sum(1), 1), lists)


def coverage(lists: IntArray, context: ListContext) -> Values:
    """Share of the items that stand in at least one list, as jackknife pseudo-values, whose mean it is.

    RecTools' `CatalogCoverage(normalize=True)`. A list's pseudo-value tells what it adds: the items that no other list
    holds (Efron and Stein 1981: an interval from them is rather too wide than too narrow). A plain bootstrap of the
    number of distinct items would be too low, since a third of the sessions are not drawn.

    Parameters
    ----------
    lists : (M, k) int64
    context : ListContext

    Returns
    -------
    (M,) float64
    """
    exposures = _exposures(lists, context)
    size, others = int(context.recommendable.sum()), len(lists) - 1
    added = ((exposures[lists] == 1) & (lists != EMPTY)).sum(1) / size
    return (exposures[context.recommendable] > 0).mean() + others * (added - added.mean())


def exposure_gini(lists: IntArray, context: ListContext) -> Values:
    """Gini coefficient of how often items are listed, as jackknife pseudo-values, whose mean it is.

    0 where all items are listed equally often, towards 1 where few are (Gini 1912). Leaving one list out takes 1 from
    each of its items; in rising order the first of the equal ones may be taken, so that no order changes.

    Parameters
    ----------
    lists : (M, k) int64
        No list holds an item twice.
    context : ListContext

    Returns
    -------
    (M,) float64
    """
    exposures = _exposures(lists, context)
    rising = np.sort(exposures[context.recommendable])
    size, total, listed = len(rising), int(rising.sum()), lists != EMPTY
    factors = 2 * np.arange(size) + 1 - size  # (V,) of the coefficient's sum
    counts = np.sort(np.where(listed, exposures[lists], 0), axis=1)  # (M, k), 0 where nothing is listed
    first = np.searchsorted(rising, counts)
    earlier = sum(
        (np.roll(counts, step, 1) == counts) & (np.arange(counts.shape[1]) >= step)
        for step in range(1, counts.shape[1])
    )
    lost = np.where(counts > 0, factors[np.minimum(first + earlier, size - 1)], 0).sum(1)
    weighted = float(factors @ rising)
    without = (weighted - lost) / (size * np.maximum(total - listed.sum(1), 1))
    return weighted / (size * max(total, 1)) - (len(lists) - 1) * (without - without.mean())


def _exposures(lists: IntArray, context: ListContext) -> IntArray:
    """(V,) how often each item is listed."""
    return np.bincount(lists[lists != EMPTY], minlength=len(context.recommendable))


def _mean(of_item: Values, lists: IntArray) -> Values:
    """(M,) mean of a value of items (V,) over each list."""
    listed = lists != EMPTY
    return _none_where_empty((of_item[lists] * listed).sum(1) / np.maximum(listed.sum(1), 1), lists)


def _none_where_empty(values: Values, lists: IntArray) -> Values:
    return np.where((lists != EMPTY).any(1), values, np.nan)


@dataclass(frozen=True)
class ListMeasure:
    """A measure of recommended lists.

    Attributes
    ----------
    title, help : str
        For people.
    unit : str
        share (of 1), bits or number.
    of_lists : callable
        Lists (M, k) and their context -> values (M,), whose mean is the measure; NaN where a list is empty.
    """

    title: str
    help: str
    unit: Literal["share", "bits", "number"]
    of_lists: Callable[[IntArray, ListContext], Values]


LIST_MEASURES: dict[str, ListMeasure] = {
    "coverage": ListMeasure("Coverage", "Share of the catalogue that is in at least one list.", "share", coverage),
    "diversity": ListMeasure(
        "Diversity", "Share of the pairs of titles in a list that are of different categories.", "share", diversity
    ),
    "novelty": ListMeasure(
        "Novelty",
        "Mean of −log2 of the share of training sessions that hold the title; one bit more is half as common.",
        "bits",
        novelty,
    ),
    "serendipity": ListMeasure(
        "Serendipity", "Credit for listing the next title, the less popular it is the more.", "number", serendipity
    ),
    "popularity": ListMeasure(
        "Popularity", "Mean share of all training events that a recommended title has.", "share", popularity
    ),
    "exposure_gini": ListMeasure(
        "Exposure Gini",
        "How unequally titles are listed: 0 all equally often, 1 one title only.",
        "number",
        exposure_gini,
    ),
}
"""Every measure beyond accuracy by the name that it has in `--json` and in threshold files."""
