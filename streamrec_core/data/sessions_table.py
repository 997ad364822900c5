"""The sessions table, `sessions.parquet`: a row per session (length, categories, counts, part), for browsing."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pyarrow as pa

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.splits import PartName, split
from streamrec_core.errors import BadInput

COLUMNS = (
    "session_id",
    "start",
    "length",
    "part",
    "categories",
    "main_category",
    "target_item_id",
    "content_events",
    "items",
    "repeats",
    *ENGAGEMENTS,
)
"""What a folder must hold to be browsed as it is; an older one has fewer, and they are made in memory."""


def sessions_table(dataset: DataSet) -> pa.Table:
    """A row a session, in the order of the log.

    Returns
    -------
    pyarrow.Table
        `start`: row of its first event in `events.parquet`; `length`: events before the target; `part`: train,
        validation or test where a whole session is one of them, else null; `categories`: how many different ones;
        `main_category`: the most frequent, null where all items are neutral; `content_events`: events of items that
        are not neutral; `items`: different items; `repeats`: content events whose item was there before; and how
        many events of each engagement there are.
    """
    log, catalogue = dataset.log, dataset.catalogue
    of_event = np.repeat(np.arange(len(log), dtype=np.int64), log.lengths)
    content = ~catalogue.neutral[log.items]
    by_category = _category_counts(dataset, of_event, content)
    first = _first_meetings(of_event, log.items, len(catalogue))
    columns = {
        "session_id": pa.array(log.session_ids, pa.string()),
        "start": pa.array(log.offsets[:-1]),
        "length": pa.array(log.lengths - 1),
        "part": _parts(dataset),
        "categories": pa.array((by_category > 0).sum(1)),
        "main_category": pa.array(catalogue.categories, pa.string()).take(
            pa.array(by_category.argmax(1), mask=by_category.sum(1) == 0)
        ),
        "target_item_id": pa.array(catalogue.item_ids, pa.string()).take(pa.array(log.items[log.offsets[1:] - 1])),
        "content_events": _count(of_event[content], len(log)),
        "items": _count(of_event[first], len(log)),
        "repeats": _count(of_event[content & ~first], len(log)),
    }
    for code, name in enumerate(ENGAGEMENTS):
        columns[name] = _count(of_event[log.engagements == code], len(log))
    return pa.table(columns)


def _category_counts(dataset: DataSet, of_event: IntArray, content: Any) -> Any:
    """(N, C) how often each category occurs in a session, neutral items left out."""
    counts = np.zeros((len(dataset.log), len(dataset.catalogue.categories)), np.int32)
    codes = dataset.catalogue.category_of[dataset.log.items[content]]
    np.add.at(counts, (of_event[content], codes), 1)
    return counts


def _first_meetings(of_event: IntArray, items: Any, catalogue_size: int) -> Any:
    """(E,) whether the session meets the item for the first time."""
    _, first_rows = np.unique(of_event * max(catalogue_size, 1) + items, return_index=True)
    first = np.zeros(len(items), np.bool_)
    first[first_rows] = True
    return first


def _parts(dataset: DataSet) -> Any:
    """(N,) train, validation or test; null for sessions in no part, and where a session is cut across the parts."""
    names = np.full(len(dataset.log), -1, np.int64)
    if dataset.card.split != "leave-last-out":
        try:
            divided = split(dataset)
        except BadInput:  # too small to be divided; the page on the split says so
            return pa.nulls(len(names), pa.string())
        for code, part in enumerate(get_args(PartName)):
            names[divided.part(part).sessions] = code
    return pa.array(get_args(PartName), pa.string()).take(pa.array(names, mask=names < 0))


def _count(sessions: IntArray, number: int) -> Any:
    return pa.array(np.bincount(sessions, minlength=number))
