"""The sessions table, `sessions.parquet`: a row per session (length, categories, counts, part), for browsing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import LogWords
from streamrec_core.data.log import ItemArray
from streamrec_core.data.splits import PartName, split
from streamrec_core.errors import BadInput

BoolArray = npt.NDArray[np.bool_]
PIECE = 1 << 20
"""Events that are counted at a time."""
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
)


def sessions_columns(words: LogWords) -> tuple[str, ...]:
    """What a folder must hold to be browsed as it is; an older one has fewer, and they are made in memory."""
    return (*COLUMNS, *(engagement_column(word) for word in words.engagements))


def engagement_column(word: str) -> str:
    """The column that counts an engagement: its word, told from the other columns where it is the name of one."""
    return f"{word} events" if word.lower() in COLUMNS else word


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
    return pa.concat_tables(session_tables(dataset))


def session_tables(dataset: DataSet) -> Iterator[pa.Table]:
    """The sessions table in pieces of about a million events, whose counts fit into little memory."""
    parts = _parts(dataset)
    for sessions in session_pieces(dataset):
        yield _piece(dataset, sessions, parts[sessions.start : sessions.stop])


def session_pieces(dataset: DataSet) -> Iterator[range]:
    """Rows of sessions with `PIECE` events together, or with `PIECE` counts of categories."""
    offsets, at = dataset.log.offsets, 0
    most = max(1, PIECE // max(len(dataset.catalogue.categories), 1))
    while at < len(dataset.log) or not at:
        end = min(int(np.searchsorted(offsets, offsets[at] + PIECE, side="right")) - 1, at + most, len(dataset.log))
        end = max(end, min(at + 1, len(dataset.log)))
        yield range(at, end)
        if end == at:
            return
        at = end


def _piece(dataset: DataSet, sessions: range, parts: Any) -> pa.Table:
    log, catalogue = dataset.log, dataset.catalogue
    offsets = log.offsets[sessions.start : sessions.stop + 1]
    events = slice(int(offsets[0]), int(offsets[-1]))
    items, engagements = log.items[events], log.engagements[events]
    of_event = np.repeat(np.arange(len(sessions), dtype=np.int64), np.diff(offsets))
    content = ~catalogue.neutral[items]
    by_category = np.zeros((len(sessions), len(catalogue.categories)), np.int32)
    np.add.at(by_category, (of_event[content], catalogue.category_of[items[content]]), 1)
    first = first_meetings(of_event, items, len(catalogue))

    def count(of_session: IntArray) -> Any:
        return pa.array(np.bincount(of_session, minlength=len(sessions)))

    columns = {
        "session_id": pa.array(log.session_ids[sessions.start : sessions.stop], pa.string()),
        "start": pa.array(offsets[:-1]),
        "length": pa.array(np.diff(offsets) - 1),
        "part": parts,
        "categories": pa.array((by_category > 0).sum(1)),
        "main_category": pa.array(catalogue.categories, pa.string()).take(
            pa.array(by_category.argmax(1), mask=by_category.sum(1) == 0)
        ),
        "target_item_id": pa.array(catalogue.item_ids, pa.string()).take(pa.array(log.items[offsets[1:] - 1])),
        "content_events": count(of_event[content]),
        "items": count(of_event[first]),
        "repeats": count(of_event[content & ~first]),
    }
    for code, word in enumerate(catalogue.words.engagements):
        columns[engagement_column(word)] = count(of_event[engagements == code])
    return pa.table(columns)


def first_meetings(of_event: IntArray, items: ItemArray, catalogue_size: int) -> BoolArray:
    """Find the events in which a session meets an item for the first time.

    Parameters
    ----------
    of_event : (E,) int64
        Session of each event.
    items : (E,) int32
    catalogue_size : int
        V.

    Returns
    -------
    (E,) bool
    """
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
