"""Item-item weights counted in training: which titles came next after a title, beyond their popularity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.long_columns import long_array, whole_groups
from streamrec_core.data.splits import Examples
from streamrec_core.models.known_items import KnownItems

EVENTS_AT_ONCE = 1_000_000
"""Events whose pairs are counted at a time."""
LEAST_COUNT = 2
"""Times a title must have come next to be counted: less is chance."""


class FollowerTable(nn.Module):
    """The K most telling followers of every item; a closed-form item-item part of an additive score.

    With n times that c came next after i, and x = n(i) n(c) / N expected by popularity alone, the weight of the pair is

        T(i, c) = log(1 + n / (1 + x))

    Parameters
    ----------
    items : int
        V; row V is padding and has no followers.
    per_item : int
        K, followers of each item at most; 0 leaves the table empty.
    """

    columns: Tensor
    strength: Tensor
    without_one: Tensor

    def __init__(self, items: int, per_item: int) -> None:
        super().__init__()
        self.size = items
        self.register_buffer("columns", torch.full((items + 1, per_item), items, dtype=torch.int32))
        self.register_buffer("strength", torch.zeros(items + 1, per_item))
        # Only training needs what a pair weighs without the occurrence that is being learned from.
        self.register_buffer("without_one", torch.zeros(items + 1, per_item), persistent=False)

    def count(self, log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool) -> None:
        """Fill the table from the sessions that are learned from.

        Parameters
        ----------
        log : EventLog
        examples : Examples
            Histories with their targets; nothing behind a target is read.
        catalogue : Catalogue
            Neutral items neither follow nor are followed.
        last_only : bool
            Count the pairs of last event and target alone, where nothing else is learned from.
        """
        self.columns.fill_(self.size), self.strength.zero_(), self.without_one.zero_()
        sources, targets = successive_counts(log, examples, catalogue, last_only)
        for pairs, counts in successive_pairs(log, examples, catalogue, last_only, sources):
            row, column = pairs // self.size, pairs % self.size
            self._fill(row, column, counts, 1 + sources[row] * targets[column] / sources.sum())

    def _fill(self, row: IntArray, column: IntArray, counts: IntArray, expected: npt.NDArray[np.float64]) -> None:
        """Fill rows of the table from all pairs of these rows (P,): items, how often, and 1 + how often by chance."""
        strength = np.log1p(counts / expected)
        often = counts >= LEAST_COUNT
        order = np.flatnonzero(often)[np.lexsort((-strength[often], row[often]))]
        starts = np.searchsorted(row[order], row[order])
        rank = np.arange(len(order)) - starts
        best = rank < self.columns.shape[1]
        at = (torch.from_numpy(row[order][best]), torch.from_numpy(rank[best]))
        self.columns[at] = torch.from_numpy(column[order][best]).int()
        self.strength[at] = torch.from_numpy(strength[order][best]).float()
        # Without one occurrence a pair may not be kept at all: were it counted, only pairs learned from would be weak.
        beaten_by, next_best = np.zeros(self.size), rank == self.columns.shape[1]
        beaten_by[row[order][next_best]] = strength[order][next_best]
        without = np.log1p((counts - 1) / expected)
        without[(counts - 1 < LEAST_COUNT) | (without < beaten_by[row])] = 0.0
        self.without_one[at] = torch.from_numpy(without[order][best]).float()

    def renumber_items(self, item_match: KnownItems) -> None:
        """Put items and followers into the order of a data set; unknown items have no followers and follow nothing."""
        rows, old, self.size = item_match.rows, self.size, len(item_match.rows)
        source = torch.from_numpy(np.append(np.where(rows < 0, old, rows), old))
        new_row = torch.full((old + 1,), self.size, dtype=torch.int32)
        here = np.flatnonzero(rows >= 0)
        new_row[torch.from_numpy(rows[here])] = torch.from_numpy(here).int()
        self.columns = new_row[self.columns.long()][source]
        # A follower that the data set lacks is padding now, which must add nothing.
        self.strength = self.strength[source].masked_fill(self.columns == self.size, 0.0)
        self.without_one = self.without_one[source].masked_fill(self.columns == self.size, 0.0)

    def scores(self, items: Tensor, weights: Tensor) -> Tensor:
        """What followers add to the score of every item.

        Parameters
        ----------
        items : (R, L) int64
        weights : (R, L)
            How much each event counts its followers.

        Returns
        -------
        (R, V) Tensor
            Sum over events of weight times T(item, .).
        """
        return self._scattered(items, weights.unsqueeze(-1) * self.strength[items])

    def add_shared(self, scores: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """Add to scores, in place, the followers of items that all rows share; only columns that occur are touched.

        Parameters
        ----------
        scores : (R, V)
        items : (U,) int64
        weights : (R, U)

        Returns
        -------
        (R, V) Tensor
            `scores`.
        """
        columns = self.columns[items].long()  # (U, K)
        real = columns < self.size
        titles, column = torch.unique(columns[real], return_inverse=True)
        table = torch.zeros(len(items), len(titles), dtype=scores.dtype, device=scores.device)
        table.index_put_((real.nonzero()[:, 0], column), self.strength[items][real], accumulate=True)
        return scores.index_add_(1, titles, weights @ table)

    def learning_strength(self, items: Tensor, at: Tensor, targets: Tensor) -> Tensor:
        """Strength of the followers of each event, where the pair that is learned from does not count itself.

        Parameters
        ----------
        items : (R, L) int64
        at : (R,) int64
            Position of the event whose next item is the target.
        targets : (R,) int64

        Returns
        -------
        (R, L, K) Tensor
        """
        steps = torch.arange(items.shape[1], device=items.device)
        counted = (steps == at.unsqueeze(1)).unsqueeze(-1) & (self.columns[items] == targets[:, None, None])
        return torch.where(counted, self.without_one[items], self.strength[items])

    def _scattered(self, items: Tensor, values: Tensor) -> Tensor:
        flat = torch.zeros(len(items), self.size + 1, dtype=values.dtype, device=values.device)
        return flat.scatter_add(1, self.columns[items].long().flatten(1), values.flatten(1))[:, : self.size]

    def along(self, items: Tensor, direction: Tensor) -> Tensor:
        """Sum over items c of `direction` times T(item, c), for each event.

        Parameters
        ----------
        items : (B, L) int64
        direction : (B, V)

        Returns
        -------
        (B, L) Tensor
        """
        padded = nn.functional.pad(direction, (0, 1))
        gathered = padded.gather(1, self.columns[items].long().flatten(1)).view(*items.shape, -1)
        return (gathered * self.strength[items]).sum(-1)


def successive_counts(
    log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool
) -> tuple[IntArray, IntArray]:
    """Count how often each item is the first and the second of a pair, see `successive_items`.

    Parameters
    ----------
    log : EventLog
    examples : Examples
    catalogue : Catalogue
    last_only : bool

    Returns
    -------
    (V,) int64, (V,) int64
    """
    first, second = (np.zeros(len(catalogue), np.int64) for _ in range(2))
    for part in examples.pieces(EVENTS_AT_ONCE):
        before, after = successive_items(log, part, catalogue, last_only)
        first += np.bincount(before, minlength=len(catalogue))
        second += np.bincount(after, minlength=len(catalogue))
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
    first_counts : (V,) int64
        Pairs of each first item, from `successive_counts`.

    Yields
    ------
    (n,) int64, (n,) int64
        First item times V plus second, rising; and how often the pair occurs.
    """
    ends = np.cumsum(first_counts)
    pairs = long_array(int(ends[-1]) if len(ends) else 0, np.int64)
    # Items with about so many pairs together form a group, whose pairs are written side by side.
    borders = np.array([ends[group.stop - 1] for group in whole_groups(ends, EVENTS_AT_ONCE)], np.int64)
    group_of, free = np.searchsorted(borders, ends), np.append(0, borders)
    for part in examples.pieces(EVENTS_AT_ONCE):
        before, after = successive_items(log, part, catalogue, last_only)
        order = np.argsort(group_of[before], kind="stable")
        codes = (before * len(catalogue) + after)[order]
        sizes = np.bincount(group_of[before], minlength=len(borders))
        for group, of_group in enumerate(np.split(codes, np.cumsum(sizes)[:-1])):
            pairs[free[group] : free[group] + len(of_group)] = of_group
            free[group] += len(of_group)
    for start, stop in zip(np.append(0, borders)[:-1].tolist(), borders.tolist(), strict=True):
        yield np.unique(pairs[start:stop], return_counts=True)


def successive_items(
    log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of items that follow each other in the sessions, neutral ones left out.

    Parameters
    ----------
    log : EventLog
    examples : Examples
        Each session ends with its target.
    catalogue : Catalogue
    last_only : bool
        Only the pairs of last event and target.

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
    together = session[1:] == session[:-1]
    if last_only:
        together &= target[1:]
    return items[:-1][together], items[1:][together]
