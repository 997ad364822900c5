"""Item-neighbour collaborative filtering: items that occur in the same sessions are similar."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models.popularity import learned_events
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom

PAIRS = 1 << 24
"""Pairs of items that are counted at a time."""


class ItemNeighbours:
    """Score of an item: sum over the history of cosine similarity, later events weighing more.

    Item-based collaborative filtering (Sarwar et al. 2001), cosine over session vectors shrunk by
    `shrink` sessions; each event counts `decay` times as much as the one after it.

    Parameters
    ----------
    similarity : (V, V) sparse
    """

    predicts_from: PredictsFrom = "last event"

    def __init__(self, similarity: sparse.csr_array, decay: float, max_events: int = 50) -> None:
        self.name, self.max_events = "item neighbours", max_events
        self._similarity, self._decay = similarity, decay

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
    events = learned_events(log, train)
    session = np.repeat(np.arange(len(train)), train.ends + 1)
    shape = (len(train), len(catalogue))
    seen = sparse.csr_array((np.ones(len(events)), (session, log.items[events])), shape=shape)
    seen.data[:] = 1.0
    of_item = seen.T.tocsr()
    often: npt.NDArray[np.float64] = np.asarray(seen.sum(0)).ravel()
    # Items that share a session are a square of its length: with long sessions all pairs would not fit into memory.
    step = max(1, PAIRS // max(len(catalogue), 1))
    parts = [
        _nearest((of_item[start : start + step] @ seen).tocsr(), start, often, shrink, neighbours)
        for start in range(0, len(catalogue), step)
    ]
    return ItemNeighbours(sparse.vstack(parts, format="csr"), decay)


def _nearest(
    together: sparse.csr_array, first: int, often: npt.NDArray[np.float64], shrink: float, limit: int
) -> sparse.csr_array:
    """The `limit` nearest of some items, from `first` on, by how many sessions they share with each item (n, V)."""
    together.sort_indices()  # of equally near items the first of the catalogue
    rows = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    columns = together.indices
    others = (rows + first != columns) & (together.data != 0)
    rows, columns, shared = rows[others], columns[others], together.data[others]
    similarity = shared / (np.sqrt(often[rows + first] * often[columns]) + shrink)
    order = np.lexsort((-similarity, rows))
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    nearest = order[rank < limit]
    entries = (similarity[nearest], (rows[nearest], columns[nearest]))
    return sparse.csr_array(entries, shape=together.shape)
