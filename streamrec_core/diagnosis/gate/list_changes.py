"""How much two sets of recommended lists differ: Jaccard index, rank-biased overlap, and the first title."""

from __future__ import annotations

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY
from streamrec_core.evaluation.metrics import Values

PERSISTENCE = 0.9
"""Rank-biased overlap: how likely a reader goes on from one title to the next; the top ten carry most of the weight."""


def jaccard(first: IntArray, second: IntArray) -> Values:
    """Jaccard index of the titles of two lists, row by row: those in both over those in either.

    Parameters
    ----------
    first, second : (M, k) int64
        Filled up with -1.

    Returns
    -------
    (M,) float64
        1 where both lists are empty.

    Examples
    --------
    >>> jaccard(np.array([[1, 2, 3]]), np.array([[3, 4, -1]])).tolist()
    [0.25]
    """
    common = _same(first, second).sum((1, 2))
    either = (first != EMPTY).sum(1) + (second != EMPTY).sum(1) - common
    return np.where(either > 0, common / np.maximum(either, 1), 1.0)


def rank_biased_overlap(first: IntArray, second: IntArray, persistence: float = PERSISTENCE) -> Values:
    """Rank-biased overlap of two lists, row by row, extrapolated from their length.

    RBO_ext of Webber, Moffat and Zobel (2010), equation 30: agreement at each depth, weighted by how likely a reader
    gets there; beyond the end the last agreement goes on.

    Parameters
    ----------
    first, second : (M, k) int64
        Filled up with -1.
    persistence : float
        p, between 0 and 1.

    Returns
    -------
    (M,) float64
        1 for equal lists, 0 for lists with no common title.

    Examples
    --------
    >>> rank_biased_overlap(np.array([[1, 2], [1, 2]]), np.array([[1, 2], [2, 1]])).round(3).tolist()
    [1.0, 0.9]
    """
    width = first.shape[1]
    deeper = np.maximum.outer(np.arange(width), np.arange(width))  # (k, k) depth at which a pair is in both
    same = _same(first, second)
    overlap = np.stack([(same & (deeper <= depth)).sum((1, 2)) for depth in range(width)], axis=1)  # (M, k)
    depths = np.arange(1, width + 1)
    length = np.maximum((first != EMPTY).sum(1), (second != EMPTY).sum(1))
    agreement = overlap / depths
    weights = (1 - persistence) / persistence * persistence**depths * (depths <= length[:, None])
    last = np.take_along_axis(agreement, np.maximum(length - 1, 0)[:, None], axis=1)[:, 0]
    return np.where(length > 0, (agreement * weights).sum(1) + last * persistence**length, 1.0)


def first_changed(first: IntArray, second: IntArray) -> Values:
    """(M,) 1 where the two lists begin with different titles, else 0.

    Parameters
    ----------
    first, second : (M, k) int64

    Returns
    -------
    (M,) float64
    """
    return (first[:, 0] != second[:, 0]).astype(np.float64)


def _same(first: IntArray, second: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(M, k, k) whether an entry of the first list is an entry of the second."""
    return (first[:, :, None] == second[:, None, :]) & (first != EMPTY)[:, :, None]
