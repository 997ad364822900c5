"""Read `events.parquet` into the columns of a log, a group of rows at a time, and name the row of what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.log_column import LogColumn
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput


class LogReader:
    """The columns of a log that is being read.

    Parameters
    ----------
    path : Path
        Of `events.parquet`.
    catalogue : Catalogue
    events : int
        Rows of the file.
    names : sequence of str
        Its columns.
    """

    def __init__(self, path: Path, catalogue: Catalogue, events: int, names: Sequence[str]) -> None:
        self.path, self.rows = path, 0
        self._items, self._engagements = (
            LogColumn(events, np.int32, path.parent),
            LogColumn(events, np.int8, path.parent),
        )
        self._timestamps = LogColumn(events, np.int64, path.parent) if "timestamp" in names else None
        self._numbers = {
            "item_id": catalogue.rows,
            "engagement": {name: code for code, name in enumerate(catalogue.words.engagements)},
        }
        self._session_ids: list[pa.Array] = [pa.array([], pa.string())]
        self._user_ids = [pa.array([], pa.string())] if "user_id" in names else None
        self._starts: list[IntArray] = []
        self._last: tuple[str | None, int] = (None, 0)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in some rows."""
        starts = self._begin_sessions(batch)
        self._items.add(self._codes(batch, "item_id", "item", "catalogue.parquet"))
        self._engagements.add(self._codes(batch, "engagement", "engagement", "dataset.json"))
        if self._timestamps is not None:
            if batch["timestamp"].null_count:
                raise BadInput(": an event has no timestamp; import the log again", path=self.path)
            self._timestamps.add(batch["timestamp"].to_numpy())
        if self._user_ids is not None:
            self._user_ids.append(
                pc.cast(batch["user_id"].take(pa.array(starts - self.rows)), pa.string()).fill_null("")
            )
        self.rows += len(batch)

    def log(self) -> EventLog:
        """The log, once all rows are in."""
        session_ids = StringColumn(pa.concat_arrays(self._session_ids))
        self._session_ids.clear()  # before the next column is put together
        return EventLog(
            session_ids=session_ids,
            offsets=np.concatenate([*self._starts, [self.rows]], dtype=np.int64),
            items=self._items.whole(),
            engagements=self._engagements.whole(),
            timestamps=None if self._timestamps is None else self._timestamps.whole(),
            user_ids=None if self._user_ids is None else StringColumn(pa.concat_arrays(self._user_ids)),
        )

    def close(self) -> None:
        """Close what a long log is read into, also after an error."""
        for column in filter(None, (self._items, self._engagements, self._timestamps)):
            column.close()

    def _begin_sessions(self, batch: pa.RecordBatch) -> IntArray:
        """Rows at which a session begins: a session is a run of rows with one id, and positions count in it."""
        encoded = pc.cast(batch["session_id"], pa.string()).dictionary_encode()
        codes, ids = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary
        begins = np.ones(len(codes), np.bool_)
        begins[1:] = codes[1:] != codes[:-1]
        last_id, last_start = self._last
        begins[:1] = self.rows == 0 or str(ids[int(codes[0])]) != last_id
        starts = self.rows + np.flatnonzero(begins)
        # (n,) start of the session of each row
        start_of = np.concatenate([[last_start], starts])[np.cumsum(begins)]
        if not np.array_equal(
            batch["position"].to_numpy(zero_copy_only=False), np.arange(self.rows, self.rows + len(codes)) - start_of
        ):
            message = ": positions must run 0, 1, 2, ... within each session, session after session"
            raise BadInput(message, path=self.path)
        self._session_ids.append(ids.take(pa.array(codes[begins])))
        self._starts.append(starts)
        self._last = (str(ids[int(codes[-1])]), int(start_of[-1]))
        return starts

    def _codes(self, batch: pa.RecordBatch, name: str, noun: str, where: str) -> IntArray:
        """Number of each value; an unknown one stops with its row."""
        encoded = pc.cast(batch[name], pa.string()).dictionary_encode()
        numbers = self._numbers[name]
        # a missing value has the index -1, which is the last of these
        of_value = np.array([*(numbers.get(value, -1) for value in encoded.dictionary.to_pylist()), -1], np.int64)
        codes: IntArray = of_value[encoded.indices.fill_null(-1).to_numpy()]
        if (codes < 0).any():
            row = int(np.flatnonzero(codes < 0)[0])
            value = batch[name][row].as_py()
            message = f"{noun} {value!r} is not in {where}; add it there or drop the row"
            raise BadInput(message, path=self.path, line=self.rows + row, value=value)
        return codes
