"""Items worth trying as additions to a history: predecessors of the title in training, its category, the popular."""

from __future__ import annotations

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.models.popularity import EVENTS_AT_ONCE, learned_events

POOL = 200


def addition_pool(dataset: DataSet, train: Examples, title: int, size: int = POOL) -> IntArray:
    """Order items by how promising they are to bring a title in.

    First the items that came directly before it in training, by share of their own followers where they have a few;
    then items of its category, then all others, both by popularity.

    Parameters
    ----------
    dataset : DataSet
    train : Examples
        Sessions that were trained on.
    title : int
        Catalogue row.
    size : int
        At most so many items.

    Returns
    -------
    (n,) int64
        Catalogue rows, the most promising first, without neutral items and the title itself.
    """
    counts, before = (np.zeros(len(dataset.catalogue), np.int64) for _ in range(2))
    for part in train.pieces(EVENTS_AT_ONCE):
        items = dataset.log.items[learned_events(dataset.log, part)]
        session = np.repeat(np.arange(len(part)), part.ends + 1)
        leads = (items[1:] == title) & (session[1:] == session[:-1])
        counts += np.bincount(items, minlength=len(dataset.catalogue))
        before += np.bincount(items[:-1][leads], minlength=len(dataset.catalogue))
    same = dataset.catalogue.category_of == dataset.catalogue.category_of[title]
    # A pair seen once in a rare item is chance: five events are added to what an item was followed by.
    order = np.lexsort((-counts, ~same, -before / (counts + 5)))
    usable = order[~dataset.catalogue.neutral[order] & (order != title)]
    return usable[:size]
