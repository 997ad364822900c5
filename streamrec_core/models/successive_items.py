"""Pairs of items that follow each other in sessions, counted in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.long_columns import long_array, whole_groups
from streamrec_core.data.splits import Examples

EVENTS_AT_ONCE = 1_000_000
"""Events whose pairs are counted at a time."""


def successive_counts(
    log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool, within: int = 1
) -> tuple[IntArray, IntArray]:
    """Count how often each item is the first and the second of a pair, see `successive_items`.

    Parameters
    ----------
    log : EventLog
    examples : Examples
    catalogue : Catalogue
    last_only : bool
    within : int
        The largest distance that is counted.

    Returns
    -------
    (within, V) int64, (within, V) int64
        For each distance, 1 first.
    """
    first, second = (np.zeros((within, len(catalogue)), np.int64) for _ in range(2))
    for part in examples.pieces(EVENTS_AT_ONCE):
        for row in range(within):
            before, after = successive_items(log, part, catalogue, last_only, row + 1)
            first[row] += np.bincount(before, minlength=len(catalogue))
            second[row] += np.bincount(after, minlength=len(catalogue))
    return first, second


def successive_pairs(
    log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool, first_counts: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Count how often each pair of items follow each other, for some first items at a time: all pairs of each at once.

    Parameters
    ----------
    log : EventLog
    examples : Examples
    catalogue : Catalogue
    last_only : bool
    first_counts : (within, V) int64
        Pairs of each first item by distance, from `successive_counts`.

    Yields
    ------
    (n,) int64, (n, within) int64
        First item times V plus second, rising; and how often the pair occurs at each distance.
    """
    within, ends = len(first_counts), np.cumsum(first_counts.sum(0))
    pairs = long_array(int(ends[-1]) if len(ends) else 0, np.int64)
    # Items with about so many pairs together form a group, whose pairs are written side by side.
    borders = np.array([ends[group.stop - 1] for group in whole_groups(ends, EVENTS_AT_ONCE)], np.int64)
    group_of, free = np.searchsorted(borders, ends), np.append(0, borders)
    for part in examples.pieces(EVENTS_AT_ONCE):
        for row in range(within):
            before, after = successive_items(log, part, catalogue, last_only, row + 1)
            order = np.argsort(group_of[before], kind="stable")
            codes = ((before * len(catalogue) + after) * within + row)[order]
            sizes = np.bincount(group_of[before], minlength=len(borders))
            for group, of_group in enumerate(np.split(codes, np.cumsum(sizes)[:-1])):
                pairs[free[group] : free[group] + len(of_group)] = of_group
                free[group] += len(of_group)
    for start, stop in zip(np.append(0, borders)[:-1].tolist(), borders.tolist(), strict=True):
        codes, often = np.unique(pairs[start:stop], return_counts=True)
        different, at = np.unique(codes // within, return_inverse=True)
        counts = np.zeros((len(different), within), np.int64)
        counts[at, codes % within] = often
        yield different, counts


def successive_items(
    log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool, distance: int = 1
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of items that follow each other in the sessions, neutral ones left out.

    Parameters
    ----------
    log : EventLog
    examples : Examples
        Each session ends with its target.
    catalogue : Catalogue
    last_only : bool
        Only the pairs whose second item is a target.
    distance : int
        How many events after the first the second comes.

    Returns
    -------
    (P,) int64, (P,) int64
        First and second item of each pair.
    """
    lengths = examples.ends + 1
    offsets = np.cumsum(lengths) - lengths
    session = np.repeat(np.arange(len(examples)), lengths)
    rows = np.repeat(log.offsets[examples.sessions] - offsets, lengths) + np.arange(int(lengths.sum()))
    items = log.items[rows].astype(np.int64)
    target = np.zeros(len(items), bool)
    target[offsets + examples.ends] = True
    content = ~catalogue.neutral[items]
    session, items, target = session[content], items[content], target[content]
    together = session[distance:] == session[:-distance]
    if last_only:
        together &= target[distance:]
    return items[:-distance][together], items[distance:][together]
