"""Sequential rules: what came soon after an item in training, counted; a floor for models that read the order."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models.followers import SHRUNK_BY
from streamrec_core.models.neighbours import ItemNeighbours, Values
from streamrec_core.models.successive_items import successive_counts, successive_pairs

WITHIN = 10
"""Events after an item that count as soon."""
MOST_EVENTS = 10_000_000
"""Events whose pairs are counted at most; of a longer log every second session, every third and so on."""


def sequential_rules(
    log: EventLog, catalogue: Catalogue, train: Examples, within: int = WITHIN, decay: float = 0.8, followers: int = 200
) -> ItemNeighbours:
    """Count what came soon after each item (Ludewig and Jannach 2018, "SR", over the whole history).

    An occurrence d events later adds 1/d to n. The score of an item c is the sum over the events i of the history of
    n(i, c) / (10 + n(i)), n(i) being how often something came after i; each event counts `decay` times as much as the
    one after it.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples
    within : int
        Events after an item that are counted.
    decay : float
        Weight of an event relative to the one after it.
    followers : int
        Of each item, the most frequent so many.

    Returns
    -------
    ItemNeighbours
        Named "sequential rules".
    """
    size, events = len(catalogue), int(train.ends.sum()) + len(train)
    examples = train.take(np.arange(0, len(train), max(1, -(-events // MOST_EVENTS))))
    first, _ = successive_counts(log, examples, catalogue, last_only=False, within=within)
    shares, kept_pairs, values = 1 / np.arange(1, within + 1), [np.zeros(0, np.int64)], [np.zeros(0)]
    for pairs, counts in successive_pairs(log, examples, catalogue, last_only=False, first_counts=first):
        source = pairs // size
        share = (counts @ shares) / (SHRUNK_BY + first[0][source])
        best = _first_of_each(source, share, followers)
        kept_pairs.append(pairs[best])
        values.append(share[best])
    at = np.divmod(np.concatenate(kept_pairs), size)
    rules = sparse.csr_array((np.concatenate(values), at), shape=(size, size))
    return ItemNeighbours(rules, decay, name="sequential rules")


def _first_of_each(source: IntArray, share: Values, limit: int) -> IntArray:
    """Where the `limit` largest of each source are, source by source; of equal ones the first."""
    order = np.lexsort((-share, source))
    rank = np.arange(len(order)) - np.searchsorted(source[order], source[order])
    best: IntArray = order[rank < limit]
    return best
