"""Exact posterior over a session's ordered preferred categories, from the likelihood of each category's events."""

from __future__ import annotations

from math import perm

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def preferred_posterior(tables: Values) -> tuple[Values, Values]:
    """Posterior of each category at each rank of the session's preferences, every ordered choice equally likely.

    Given the ordered choice, the likelihood of a history is a product over categories, since an event depends on the
    choice only by the rank of its own category. The sum over all choices of distinct categories is built one category
    at a time, over the subsets of ranks that are already filled: C x K x 2**K steps instead of C! / (C - K)! choices.

    Parameters
    ----------
    tables : (n, C, K + 1) float64
        Likelihood of the events of each category if it is not preferred (column 0) or of rank 1 to K.

    Returns
    -------
    posterior : (n, C, K) float64
        Each rank sums to 1 over the categories.
    likelihood : (n,) float64
        Mean likelihood over all ordered choices.
    """
    categories, ranks = tables.shape[1], tables.shape[2] - 1
    filled = _filled(tables)
    to_fill = _filled(tables[:, ::-1])
    full = (1 << ranks) - 1
    total = filled[categories][:, full]
    posterior = np.zeros((len(tables), categories, ranks))
    for category in range(categories):
        before, after = filled[category], to_fill[categories - 1 - category]
        for rank in range(ranks):
            subsets = _subsets_without(rank, ranks)
            rest = full ^ (1 << rank) ^ subsets
            posterior[:, category, rank] = (before[:, subsets] * after[:, rest]).sum(1) * tables[:, category, rank + 1]
    return posterior / total[:, None, None], total / perm(categories, ranks)


def _filled(tables: Values) -> Values:
    """(C + 1, n, 2**K) likelihood of the first 0 to C categories, summed over how they can fill a subset of ranks."""
    sessions, categories, columns = tables.shape
    ranks = columns - 1
    sums = np.zeros((categories + 1, sessions, 1 << ranks))
    sums[0, :, 0] = 1.0
    for category in range(categories):
        sums[category + 1] = sums[category] * tables[:, category, :1]
        for rank in range(ranks):
            subsets = _subsets_without(rank, ranks)
            added = sums[category][:, subsets] * tables[:, category, rank + 1, None]
            sums[category + 1][:, subsets | (1 << rank)] += added
    return sums


def _subsets_without(rank: int, ranks: int) -> npt.NDArray[np.int64]:
    """Every subset of the ranks, as a bit mask, that leaves this one free."""
    subsets = np.arange(1 << ranks)
    return subsets[(subsets >> rank) & 1 == 0]
