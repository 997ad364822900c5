"""The index of a long log, `item_sessions.parquet`: the sessions of each item, so that a search reads only these.

A folder without it is searched through all events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.long_columns import bucketed, code_counts, is_long

ITEM_SESSIONS_FILE = "item_sessions.parquet"
GROUP = 1 << 17


def write_item_sessions(dataset: DataSet, folder: Path) -> None:
    """Write the index of a long log; of a short one there is none, and one of before is removed.

    Parameters
    ----------
    dataset : DataSet
    folder : Path
    """
    path = folder / ITEM_SESSIONS_FILE
    path.unlink(missing_ok=True)
    if not is_long(len(dataset.log.items)):
        return
    schema = pa.schema([("item", pa.int32()), ("session", pa.int64())])
    encoding = {"session": "DELTA_BINARY_PACKED"}
    with pq.ParquetWriter(path, schema, use_dictionary=["item"], column_encoding=encoding) as writer:
        for table in item_session_tables(dataset):
            writer.write_table(table.cast(schema), row_group_size=GROUP)


def item_session_tables(dataset: DataSet) -> Iterator[pa.Table]:
    """Catalogue rows of items, rising, with the rows of the sessions that hold them, each pair once."""
    log = dataset.log
    for rows, part in bucketed(log.items, code_counts(log.items, len(dataset.catalogue))):
        events = rows[part]
        events = events[np.argsort(log.items[events], kind="stable")]
        items, sessions = log.items[events], np.searchsorted(log.offsets, events, side="right") - 1
        again = np.zeros(len(events), np.bool_)
        again[1:] = (items[1:] == items[:-1]) & (sessions[1:] == sessions[:-1])
        yield pa.table({"item": items[~again], "session": sessions[~again]})
