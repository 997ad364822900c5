"""Data sets on disk: write and read the folder of Parquet files and its card, whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import NEUTRAL, Catalogue, IntArray
from streamrec_core.data.dataset import DataSet, DataSetCard, events_hash, make_dataset
from streamrec_core.data.left_out import read_left_out
from streamrec_core.data.log import EventLog
from streamrec_core.data.progress import report_progress
from streamrec_core.data.sessions_table import session_tables
from streamrec_core.data.truth import Truth
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import recover_folder, replace_folder, replacing

CARD_FILE, CATALOGUE_FILE, EVENTS_FILE, SESSIONS_FILE = (
    "dataset.json",
    "catalogue.parquet",
    "events.parquet",
    "sessions.parquet",
)
LEFT_OUT_FILE = "left_out.parquet"
LOG_COLUMNS, OPTIONAL_COLUMNS = ("session_id", "position", "item_id", "engagement"), ("timestamp", "user_id")
_VERIFIED: dict[Path, tuple[tuple[int, int, int], ...]] = {}
"""Stamps of the files of each folder whose hashes this process has recomputed."""
GROUP = 1 << 17
"""Rows of a Parquet row group, and of a step of reading and writing; small, so that a page of sessions reads little."""


def write_dataset(dataset: DataSet, folder: Path, truth: Truth | None = None, overwrite: bool = False) -> DataSet:
    """Write a data set folder; it appears complete or, after an error, not at all.

    Parameters
    ----------
    dataset : DataSet
    folder : Path
    truth : Truth or None
        What the generator of a synthetic data set knows.
    overwrite : bool
        Replace a data set in the folder.

    Returns
    -------
    DataSet
        With its folder.

    Raises
    ------
    BadInput
        The folder is in use by something else, or holds a data set and `overwrite` is off.
    """
    _check_free(folder, overwrite)
    with _appearing(folder) as part:
        dataset.card.write(part / CARD_FILE)
        pq.write_table(_catalogue_table(dataset.catalogue), part / CATALOGUE_FILE)
        _write_pieces(_event_tables(dataset), part / EVENTS_FILE)
        _write_pieces(session_tables(dataset), part / SESSIONS_FILE)
        if dataset.log.left_out is not None:
            dataset.log.left_out.write(part / LEFT_OUT_FILE)
        if truth is not None:
            truth.write(part, dataset.log.session_ids, dataset.catalogue)
    return DataSet(dataset.card, dataset.catalogue, dataset.log, folder)


def read_dataset(folder: Path) -> DataSet:
    """Read a data set folder into memory.

    Raises
    ------
    BadInput
        A file is missing, a column is wrong, an event names an item that the catalogue lacks, or an
        engagement that is not on the card.
    Refused
        Catalogue or events are not those whose hashes the card holds. They are recomputed once a process, and again
        when a file has changed.
    """
    recover_folder(folder)
    card = DataSetCard.read(folder / CARD_FILE)
    stamps = tuple(_stamp(folder / name) for name in (CARD_FILE, CATALOGUE_FILE, EVENTS_FILE))
    catalogue = read_catalogue(folder).with_words(card.log_words)
    log = _read_log(folder / EVENTS_FILE, catalogue)
    if _VERIFIED.get(folder) != stamps:
        _check_hash(card, "catalogue", catalogue.hash, folder / CATALOGUE_FILE)
        _check_hash(card, "events", events_hash(log, card.log_words), folder / EVENTS_FILE)
        _VERIFIED[folder] = stamps
    return DataSet(card, catalogue, log, folder)


def accept_changes(folder: Path) -> DataSet:
    """Take the files of a data set folder as they are, for instance after categories were edited by hand.

    Counts and hashes of the card and the table of sessions are written anew; models trained before are then known to
    have learned other data.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    DataSet

    Raises
    ------
    BadInput
        As `read_dataset`.
    """
    card = DataSetCard.read(folder / CARD_FILE)
    catalogue = read_catalogue(folder).with_words(card.log_words)
    log = _read_log(folder / EVENTS_FILE, catalogue)
    made = make_dataset(catalogue, log, **card.model_dump(exclude={"counts", "hashes"}))
    dataset = replace(made, folder=folder)
    with replacing(folder / SESSIONS_FILE) as part:
        _write_pieces(session_tables(dataset), part)
    dataset.card.write(folder / CARD_FILE)
    return dataset


def _stamp(path: Path) -> tuple[int, int, int]:
    """Changes with the file: size, time of the last change and inode."""
    status = path.stat() if path.is_file() else None
    return (status.st_size, status.st_mtime_ns, status.st_ino) if status else (0, 0, 0)


def _check_hash(card: DataSetCard, name: str, actual: str, path: Path) -> None:
    stored = card.hashes.get(name, "none")
    if stored != actual:
        raise Refused(
            f"is not what the card describes ({CARD_FILE} {stored[:12]}, file {actual[:12]}); "
            "restore it from a copy, import the data again, or accept the change with: streamrec data accept FOLDER",
            path=path,
        )


def read_catalogue(folder: Path) -> Catalogue:
    """Read `catalogue.parquet`; the columns `genres`, `series` and `episode` may be absent."""
    table = _read(folder / CATALOGUE_FILE, ("item_id", "title", "category", "neutral"))
    neutral = table["neutral"].to_numpy().astype(bool)
    named = table["category"].fill_null(NEUTRAL)
    if lacking := np.flatnonzero(table["category"].is_null().to_numpy() & ~neutral).tolist():
        message = "no category; give one or mark the item neutral"
        raise BadInput(message, path=folder / CATALOGUE_FILE, line=lacking[0])
    categories = _categories(table, named)
    code = {name: number for number, name in enumerate(categories)}
    names = table.column_names
    return Catalogue(
        item_ids=tuple(str(item) for item in table["item_id"].to_pylist()),
        titles=tuple(table["title"].to_pylist()),
        category_of=np.array([code[name] for name in named.to_pylist()], np.int64),
        categories=tuple(categories),
        neutral=neutral,
        genres=tuple(table["genres"].to_pylist()) if "genres" in names else (),
        series=_numbers(table, "series", missing=-1),
        episodes=_numbers(table, "episode", missing=0),
    )


def write_catalogue(catalogue: Catalogue, folder: Path) -> None:
    """Write `catalogue.parquet` into a folder.

    Parameters
    ----------
    catalogue : Catalogue
    folder : Path
    """
    with replacing(folder / CATALOGUE_FILE) as part:
        pq.write_table(_catalogue_table(catalogue), part)


def _categories(table: pa.Table, named: pa.ChunkedArray) -> list[str]:
    """Categories in the order they were written in, then those added by hand; that of neutral items stands last."""
    stored = (table.schema.metadata or {}).get(b"categories", b"").decode()
    names = dict.fromkeys([*(stored.split("\n") if stored else ()), *pc.unique(named).to_pylist()])
    return [*(name for name in names if name != NEUTRAL), *([NEUTRAL] if NEUTRAL in names else [])]


def _numbers(table: pa.Table, name: str, missing: int) -> Any:
    if name not in table.column_names:
        return np.zeros(0, np.int64)
    return table[name].fill_null(missing).to_numpy().astype(np.int64)


def _read(path: Path, columns: tuple[str, ...]) -> pa.Table:
    if not path.is_file():
        raise BadInput("is missing; the folder is incomplete, make or import it again", path=path)
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); make or import it again", path=path) from None
    _check_names(path, table.column_names, columns)
    return table


def _check_names(path: Path, names: Sequence[str], needed: tuple[str, ...]) -> None:
    if absent := [name for name in needed if name not in names]:
        raise BadInput(f"has no column {', '.join(absent)}; it has {', '.join(names)}", path=path)


def _read_log(path: Path, catalogue: Catalogue) -> EventLog:
    """Read `events.parquet` a group at a time into the columns of a log: neither its text nor a copy stays."""
    if not path.is_file():
        raise BadInput("is missing; the folder is incomplete, make or import it again", path=path)
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_names(path, names, LOG_COLUMNS)
            reader = _LogReader(path, catalogue, file.metadata.num_rows, names)
            columns = [name for name in (*LOG_COLUMNS, *OPTIONAL_COLUMNS) if name in names]
            for batch in file.iter_batches(GROUP, columns=columns):
                reader.add(batch)
                report_progress(f"Opening {path.parent.name}", reader.rows / max(len(reader.items), 1))
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); make or import it again", path=path) from None
    return reader.log()


class _LogReader:
    """The columns of a log that is being read."""

    def __init__(self, path: Path, catalogue: Catalogue, events: int, names: Sequence[str]) -> None:
        self.path, self.rows = path, 0
        self.items, self.engagements = np.zeros(events, np.int32), np.zeros(events, np.int8)
        self.timestamps = np.zeros(events, np.int64) if "timestamp" in names else None
        self._numbers = {
            "item_id": catalogue.rows,
            "engagement": {name: code for code, name in enumerate(catalogue.words.engagements)},
        }
        self._session_ids: list[str] = []
        self._user_ids: list[str] | None = [] if "user_id" in names else None
        self._starts: list[IntArray] = []
        self._last: tuple[str | None, int] = (None, 0)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in some rows."""
        here = slice(self.rows, self.rows + len(batch))
        starts = self._begin_sessions(batch)
        self.items[here] = self._codes(batch, "item_id", "item", CATALOGUE_FILE)
        self.engagements[here] = self._codes(batch, "engagement", "engagement", CARD_FILE)
        if self.timestamps is not None:
            if batch["timestamp"].null_count:
                raise BadInput(": an event has no timestamp; import the log again", path=self.path)
            self.timestamps[here] = batch["timestamp"].to_numpy()
        if self._user_ids is not None:
            self._user_ids += batch["user_id"].take(pa.array(starts - self.rows)).to_pylist()
        self.rows += len(batch)

    def log(self) -> EventLog:
        """The log, once all rows are in."""
        return EventLog(
            session_ids=tuple(self._session_ids),
            offsets=np.concatenate([*self._starts, [self.rows]]).astype(np.int64),
            items=self.items,
            engagements=self.engagements,
            timestamps=self.timestamps,
            user_ids=None if self._user_ids is None else tuple(self._user_ids),
            left_out=read_left_out(self.path.parent / LEFT_OUT_FILE),
        )

    def _begin_sessions(self, batch: pa.RecordBatch) -> IntArray:
        """Rows at which a session begins: a session is a run of rows with one id, and positions count in it."""
        encoded = pc.cast(batch["session_id"], pa.string()).dictionary_encode()
        codes, ids = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()
        begins = np.ones(len(codes), np.bool_)
        begins[1:] = codes[1:] != codes[:-1]
        last_id, last_start = self._last
        begins[:1] = self.rows == 0 or ids[int(codes[0])] != last_id
        starts = self.rows + np.flatnonzero(begins)
        # (n,) start of the session of each row
        start_of = np.concatenate([[last_start], starts])[np.cumsum(begins)]
        if not np.array_equal(
            batch["position"].to_numpy(zero_copy_only=False), np.arange(self.rows, self.rows + len(codes)) - start_of
        ):
            message = ": positions must run 0, 1, 2, ... within each session, session after session"
            raise BadInput(message, path=self.path)
        self._session_ids += [ids[int(code)] for code in codes[begins]]
        self._starts.append(starts)
        self._last = (ids[int(codes[-1])], int(start_of[-1]))
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


def _check_free(folder: Path, overwrite: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / CARD_FILE).is_file():
        raise BadInput("exists and is not a data set; choose another folder", path=folder, fields=["out"])
    if not overwrite:
        message = "already holds a data set; choose another folder or overwrite it"
        raise BadInput(message, path=folder, fields=["out", "overwrite"])


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder` that takes its name at the end, and vanishes after an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield part
        part.chmod(0o755)
        replace_folder(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def clear_parts(folder: Path) -> None:
    """Remove what writing `folder` left behind when it was killed; nobody may be writing it now."""
    hidden = re.compile(rf"\.{re.escape(folder.name)}\.[a-z0-9_]+")
    for part in folder.parent.glob(".*") if folder.parent.is_dir() else ():
        if hidden.fullmatch(part.name):
            shutil.rmtree(part, ignore_errors=True)


def _catalogue_table(catalogue: Catalogue) -> pa.Table:
    columns = {
        "item_id": pa.array(catalogue.item_ids, pa.string()),
        "title": pa.array(catalogue.titles, pa.string()),
        "category": pc.if_else(pa.array(catalogue.neutral), None, _names(catalogue.category_of, catalogue.categories)),
        "neutral": pa.array(catalogue.neutral),
    }
    if catalogue.genres:
        columns["genres"] = pa.array(catalogue.genres, pa.string())
    if (catalogue.series >= 0).any():
        columns["series"] = pa.array(catalogue.series, mask=catalogue.series < 0)
        columns["episode"] = pa.array(catalogue.episodes, mask=catalogue.series < 0)
    return pa.table(columns).replace_schema_metadata({"categories": "\n".join(catalogue.categories)})


def _names(codes: Any, names: tuple[str, ...]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes))


def _event_tables(dataset: DataSet) -> Iterator[pa.Table]:
    """The rows of `events.parquet`, a group at a time, so that no column of a long log stands in memory as text."""
    log = dataset.log
    names = {
        "session_id": pa.array(log.session_ids, pa.string()),
        "item_id": pa.array(dataset.catalogue.item_ids, pa.string()),
        "engagement": pa.array(dataset.catalogue.words.engagements, pa.string()),
        "user_id": None if log.user_ids is None else pa.array(log.user_ids, pa.string()),
    }
    for start in range(0, max(len(log.items), 1), GROUP):
        rows = np.arange(start, min(start + GROUP, len(log.items)))
        sessions = np.searchsorted(log.offsets, rows, side="right") - 1
        columns = {
            "session_id": names["session_id"].take(pa.array(sessions)),
            "position": pa.array(rows - log.offsets[sessions]),
            "item_id": names["item_id"].take(pa.array(log.items[rows])),
            "engagement": names["engagement"].take(pa.array(log.engagements[rows])),
        }
        if log.timestamps is not None:
            columns["timestamp"] = pa.array(log.timestamps[rows])
        if names["user_id"] is not None:
            columns["user_id"] = names["user_id"].take(pa.array(sessions))
        report_progress("Writing the data set", start / max(len(log.items), 1))
        yield pa.table(columns)


def _write_pieces(tables: Iterator[pa.Table], path: Path) -> None:
    """Write tables as one file; small ones are joined to groups of `GROUP` rows."""
    first = next(tables)
    waiting, rows = [first], len(first)
    with pq.ParquetWriter(path, first.schema) as writer:
        for table in chain(tables, [None]):
            if table is None or rows >= GROUP:
                writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP)
                waiting, rows = [], 0
            if table is not None:
                waiting.append(table)
                rows += len(table)
