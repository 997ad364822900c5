"""Item-item weights counted in training: which titles came soon after a title, beyond their popularity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models.known_items import KnownItems
from streamrec_core.models.successive_items import successive_counts, successive_pairs

SHRUNK_BY = 10
"""Times that something else is taken to have come after every item, so that rare ones say less."""
LEAST_COUNT = 2
"""Times a title must have come next to be counted: less is chance."""


class FollowerTable(nn.Module):
    """The K most telling followers of every item; a closed-form item-item part of an additive score.

    With n times that c came next after i, and x = n(i) n(c) / N expected by popularity alone, the weight of the pair is

        T(i, c) = log(1 + n / (1 + x))

    Where they are counted `within` more than one event, an occurrence d events later adds 1/d to n, as in sequential
    rules (Ludewig and Jannach 2018, "SR"), and the weight is of n in percent of the times that something came after i,

        T(i, c) = log(1 + 100 n / (10 + n(i)))

    Parameters
    ----------
    items : int
        V; row V is padding and has no followers.
    per_item : int
        K, followers of each item at most; 0 leaves the table empty.
    within : int
        How many events after an item its followers may come; 1: only the next.
    """

    columns: Tensor
    strength: Tensor
    without_one: Tensor

    def __init__(self, items: int, per_item: int, within: int = 1) -> None:
        super().__init__()
        self.size, self.within = items, within
        self.register_buffer("columns", torch.full((items + 1, per_item), items, dtype=torch.int32))
        self.register_buffer("strength", torch.zeros(items + 1, per_item))
        # Only training needs what a pair weighs without the occurrence that is being learned from.
        learned = per_item if within == 1 else 0
        self.register_buffer("without_one", torch.zeros(items + 1, learned), persistent=False)

    @property
    def weighed_at_end(self) -> bool:
        """Whether all else is learned without followers, which are weighed afterwards."""
        return self.within > 1 and self.columns.shape[1] > 0

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
        first, second = successive_counts(log, examples, catalogue, last_only, self.within)
        for pairs, counts in successive_pairs(log, examples, catalogue, last_only, first):
            row, column = pairs // self.size, pairs % self.size
            if self.within == 1:
                expected = 1 + first[0][row] * second[0][column] / first[0].sum()
            else:
                expected = (SHRUNK_BY + first[0][row]) / 100
            self._fill(row, column, counts, expected)

    def _fill(self, row: IntArray, column: IntArray, counts: IntArray, expected: npt.NDArray[np.float64]) -> None:
        """Fill rows of the table from all pairs of these rows (P,): items, how often at each distance (P, within), and
        what how often is divided by.
        """
        together = counts @ (1 / np.arange(1, self.within + 1))
        strength = np.log1p(together / expected)
        often = counts.sum(1) >= LEAST_COUNT
        order = np.flatnonzero(often)[np.lexsort((-strength[often], row[often]))]
        starts = np.searchsorted(row[order], row[order])
        rank = np.arange(len(order)) - starts
        best = rank < self.columns.shape[1]
        at = (torch.from_numpy(row[order][best]), torch.from_numpy(rank[best]))
        self.columns[at] = torch.from_numpy(column[order][best]).int()
        self.strength[at] = torch.from_numpy(strength[order][best]).float()
        if self.within > 1:
            return
        # Without one occurrence a pair may not be kept at all: were it counted, only pairs learned from would be weak.
        beaten_by, next_best = np.zeros(self.size), rank == self.columns.shape[1]
        beaten_by[row[order][next_best]] = strength[order][next_best]
        without = np.log1p((together - 1) / expected)
        without[(together - 1 < LEAST_COUNT) | (without < beaten_by[row])] = 0.0
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
        if self.within == 1:
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

    def of_predictions(
        self, items: Tensor, at: Tensor, targets: Tensor, weights: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Which items get more, and how much, because they follow events; see `ItemScores`.

        While learning, the pair of an event and its own target does not count itself. Followers that come `within`
        more than one event are left out then: they are weighed when all else is learned.

        Parameters
        ----------
        items : (R, L) int64
        at : (R,) int64
            Position of the event whose next item is the target.
        targets : (R,) int64
        weights : (R, L)
            How much each event counts its followers.

        Returns
        -------
        columns : (R, L x K) int64 or None
        values : (R, L x K) or None
        """
        if self.training and self.within > 1:
            return None, None
        strength = self.learning_strength(items, at, targets) if self.training else self.strength[items]
        return self.columns[items].long().flatten(1), (weights.unsqueeze(-1) * strength).flatten(1)

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
