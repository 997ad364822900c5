"""Item-neighbour collaborative filtering: items that occur in the same sessions are similar."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.long_columns import long_array
from streamrec_core.data.splits import Examples
from streamrec_core.models.popularity import EVENTS_AT_ONCE, learned_events
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom

Values = npt.NDArray[np.float64]
PAIRS = 1 << 22
"""Pairs of items that are counted at a time."""
SESSIONS_AT_ONCE = 1 << 17
"""Sessions whose items are sorted at a time."""


class ItemNeighbours:
    """Score of an item: sum over the history of cosine similarity, later events weighing more.

    Item-based collaborative filtering (Sarwar et al. 2001), cosine over session vectors shrunk by
    `shrink` sessions; each event counts `decay` times as much as the one after it.

    Parameters
    ----------
    similarity : (V, V) sparse
    decay : float
    max_events : int
    name : str
        Of the rule that fills the matrix.
    """

    predicts_from: PredictsFrom = "last event"

    def __init__(
        self, similarity: sparse.csr_array, decay: float, max_events: int = 50, name: str = "item neighbours"
    ) -> None:
        self.name, self.max_events = name, max_events
        self._similarity, self._decay = similarity, decay

    @property
    def catalogue_size(self) -> int:
        """How many items it scores."""
        return int(self._similarity.shape[0])

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V)."""
        items = batch.items.numpy()
        size = self._similarity.shape[0]
        row, column = np.nonzero(batch.visible.numpy() & (items < size))
        weight = self._decay ** (batch.lengths.numpy()[row] - 1 - column).astype(np.float64)
        histories = sparse.csr_array((weight, (row, items[row, column])), shape=(len(items), size))
        return torch.from_numpy((histories @ self._similarity).toarray()).float()

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """None: nothing here attends."""
        return ()


def item_neighbours(
    log: EventLog,
    catalogue: Catalogue,
    train: Examples,
    shrink: float = 10.0,
    decay: float = 0.8,
    neighbours: int = 200,
) -> ItemNeighbours:
    """Count which items share sessions, and hold the nearest neighbours of each.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples
    shrink : float
        Sessions by which similarities are shrunk towards zero.
    decay : float
        Weight of an event relative to the one after it.
    neighbours : int
        Of each item.

    Returns
    -------
    ItemNeighbours
    """
    seen = _items_of_sessions(log, catalogue, train)
    often, pairs = _frequencies(seen)
    of_item = _transposed(seen, often)
    passed = np.cumsum(np.minimum(pairs, len(catalogue)))
    limits = np.searchsorted(passed, np.arange(PAIRS, passed[-1], PAIRS))
    parts = [
        _nearest((of_item[rows[0] : rows[-1] + 1] @ seen).tocsr(), int(rows[0]), often, shrink, neighbours)
        for rows in np.split(np.arange(len(catalogue)), limits)
        if len(rows)
    ]
    return ItemNeighbours(sparse.vstack(parts, format="csr"), decay)


def _items_of_sessions(log: EventLog, catalogue: Catalogue, train: Examples) -> sparse.csr_array:
    """(M, V) with 1 for each item of a session; its arrays lie on disk where the log is long."""
    most = int(train.ends.sum()) + len(train)
    items, bounds, filled = long_array(most, np.int32), [np.zeros(1, np.int64)], 0
    for part in train.pieces(EVENTS_AT_ONCE):
        events = learned_events(log, part)
        session, shape = np.repeat(np.arange(len(part)), part.ends + 1), (len(part), len(catalogue))
        each = sparse.csr_array((np.ones(len(events), np.int32), (session, log.items[events])), shape=shape)
        items[filled : filled + each.nnz] = each.indices
        bounds.append(filled + each.indptr[1:].astype(np.int64))
        filled += each.nnz
    values = long_array(filled, np.int32)
    values[:] = 1
    return _matrix(values, items[:filled], np.concatenate(bounds), len(catalogue))


def _matrix(
    values: npt.NDArray[np.int32], indices: npt.NDArray[np.int32], offsets: IntArray, columns: int
) -> sparse.csr_array:
    """A matrix over these arrays, none of which is copied while 32 bits count what they hold."""
    narrow = offsets.astype(np.int32) if offsets[-1] <= np.iinfo(np.int32).max else offsets
    return sparse.csr_array((values, indices, narrow), shape=(len(offsets) - 1, columns))


def _pieces(seen: sparse.csr_array) -> Iterator[tuple[int, sparse.csr_array]]:
    """Some rows at a time, and the number of the first of them."""
    for start in range(0, seen.shape[0], SESSIONS_AT_ONCE):
        yield start, seen[start : start + SESSIONS_AT_ONCE]


def _frequencies(seen: sparse.csr_array) -> tuple[Values, Values]:
    """(V,) sessions of each item, and (V,) items of these sessions: how many pairs it is part of at most."""
    often, pairs = np.zeros(seen.shape[1]), np.zeros(seen.shape[1])
    for _, part in _pieces(seen):
        lengths = np.diff(part.indptr)
        often += np.bincount(part.indices, minlength=len(often))
        pairs += np.bincount(part.indices, np.repeat(lengths, lengths), len(pairs))
    return often, pairs


def _transposed(seen: sparse.csr_array, often: Values) -> sparse.csr_array:
    """(V, M) the sessions of each item in their order, sorted some sessions at a time."""
    offsets = np.concatenate(([0], np.cumsum(often.astype(np.int64))))
    indices, free = long_array(seen.nnz, np.int32), offsets[:-1].copy()
    for start, part in _pieces(seen):
        of_part = part.tocsc()
        new = np.diff(of_part.indptr)
        indices[np.repeat(free - of_part.indptr[:-1], new) + np.arange(of_part.nnz)] = of_part.indices + start
        free += new
    return _matrix(seen.data, indices, offsets, seen.shape[0])


def _nearest(together: sparse.csr_array, first: int, often: Values, shrink: float, limit: int) -> sparse.csr_array:
    """The `limit` nearest of some items, from `first` on, by how many sessions they share with each item (n, V)."""
    together.sort_indices()  # of equally near items the first of the catalogue
    rows = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    columns = together.indices
    others = (rows + first != columns) & (together.data != 0)
    rows, columns, shared = rows[others], columns[others], together.data[others]
    similarity = shared / (np.sqrt(often[rows + first] * often[columns]) + shrink)
    counts = np.bincount(rows, minlength=together.shape[0])
    ends, nearest = np.cumsum(counts), np.ones(len(rows), np.bool_)
    for row in np.flatnonzero(counts > limit):
        of_row = slice(ends[row] - counts[row], ends[row])
        nearest[of_row] = _largest(similarity[of_row], limit)
    return sparse.csr_array((similarity[nearest], (rows[nearest], columns[nearest])), shape=together.shape)


def _largest(values: Values, number: int) -> npt.NDArray[np.bool_]:
    """(n,) which of the values are the largest so many, of equal ones the first."""
    least = np.partition(values, -number)[-number]
    largest: npt.NDArray[np.bool_] = values > least
    largest[np.flatnonzero(values == least)[: number - np.count_nonzero(largest)]] = True
    return largest
