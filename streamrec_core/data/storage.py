"""Data sets on disk: write and read the folder of Parquet files and its card, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import NEUTRAL, Catalogue
from streamrec_core.data.dataset import DataSet, DataSetCard, events_hash, make_dataset
from streamrec_core.data.item_sessions import ITEM_SESSIONS_FILE, write_item_sessions
from streamrec_core.data.left_out import read_left_out
from streamrec_core.data.log import EventLog
from streamrec_core.data.log_reader import LogReader
from streamrec_core.data.parquet_batches import record_batches
from streamrec_core.data.progress import report_progress
from streamrec_core.data.sessions_table import session_tables
from streamrec_core.data.truth import ITEM_FILE, Truth
from streamrec_core.data.truth import SESSION_FILE as TRUTH_FILE
from streamrec_core.data.verified import (
    GROUP,
    Stamps,
    check_files,
    check_hash,
    events_file_hash,
    file_hashes,
    is_verified,
    remember_verified,
    stamps_of,
)
from streamrec_core.errors import BadInput
from streamrec_core.files import recover_folder, replacing, replacing_folder

CARD_FILE, CATALOGUE_FILE, EVENTS_FILE, SESSIONS_FILE = (
    "dataset.json",
    "catalogue.parquet",
    "events.parquet",
    "sessions.parquet",
)
LEFT_OUT_FILE = "left_out.parquet"
BESIDE_THE_LOG = (SESSIONS_FILE, ITEM_SESSIONS_FILE, LEFT_OUT_FILE, TRUTH_FILE, ITEM_FILE)
"""Files whose bytes the card hashes by their names; catalogue and events are hashed by what is in their columns."""
LOG_COLUMNS, OPTIONAL_COLUMNS = ("session_id", "position", "item_id", "engagement"), ("timestamp", "user_id")


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
    check_free(folder, overwrite)
    with replacing_folder(folder) as part:
        pq.write_table(_catalogue_table(dataset.catalogue), part / CATALOGUE_FILE)
        _write_pieces(_event_tables(dataset), part / EVENTS_FILE)
        _write_pieces(session_tables(dataset), part / SESSIONS_FILE)
        write_item_sessions(dataset, part)
        if dataset.log.left_out is not None:
            dataset.log.left_out.write(part / LEFT_OUT_FILE)
        if truth is not None:
            truth.write(part, dataset.log.session_ids, dataset.catalogue)
        card = _with_hashes(dataset.card, file_hashes(part, BESIDE_THE_LOG))
        card.write(part / CARD_FILE)
    return DataSet(card, dataset.catalogue, dataset.log, folder)


def _with_hashes(card: DataSetCard, of_files: dict[str, str]) -> DataSetCard:
    """The card with these hashes of the files beside the log, and none of others."""
    of_columns = {name: digest for name, digest in card.hashes.items() if name not in BESIDE_THE_LOG}
    return card.model_copy(update={"hashes": of_columns | of_files})


def read_dataset(folder: Path, in_full: bool = False) -> DataSet:
    """Read a data set folder into memory.

    Parameters
    ----------
    folder : Path
    in_full : bool
        Recompute the hashes even where this process has verified these files before.

    Returns
    -------
    DataSet

    Raises
    ------
    BadInput
        A file is missing, a column is wrong, an event names an item that the catalogue lacks, or an
        engagement that is not on the card.
    Refused
        A file is not the one whose hash the card holds. Hashes are recomputed once a process, and again when a file
        has changed.
    """
    recover_folder(folder)
    card = DataSetCard.read(folder / CARD_FILE)
    stamps = dataset_stamp(folder)
    catalogue = read_catalogue(folder).with_words(card.log_words)
    log = _read_log(folder / EVENTS_FILE, catalogue)
    if in_full or not is_verified(folder, stamps):
        check_hash(card, "catalogue", catalogue.hash, folder / CATALOGUE_FILE)
        check_hash(card, "events", events_hash(log, card.log_words), folder / EVENTS_FILE)
        check_files(card, folder, BESIDE_THE_LOG)
        remember_verified(folder, stamps)
    return DataSet(card, catalogue, log, folder)


def verify_dataset(folder: Path) -> None:
    """Verify a data set folder that is browsed without bringing its log into memory; once for the same files.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    BadInput
        A file is missing or damaged.
    Refused
        A file is not the one whose hash the card holds.
    """
    recover_folder(folder)
    stamps = dataset_stamp(folder)
    if is_verified(folder, stamps):
        return
    card = DataSetCard.read(folder / CARD_FILE)
    catalogue = read_catalogue(folder).with_words(card.log_words)
    check_hash(card, "catalogue", catalogue.hash, folder / CATALOGUE_FILE)
    check_hash(card, "events", events_file_hash(folder / EVENTS_FILE, catalogue, card), folder / EVENTS_FILE)
    check_files(card, folder, BESIDE_THE_LOG)
    remember_verified(folder, stamps)


def dataset_stamp(folder: Path) -> Stamps:
    """Changes when any file of a data set does."""
    return stamps_of(*(folder / name for name in (CARD_FILE, CATALOGUE_FILE, EVENTS_FILE, *BESIDE_THE_LOG)))


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
    write_item_sessions(dataset, folder)
    dataset = replace(dataset, card=_with_hashes(made.card, file_hashes(folder, BESIDE_THE_LOG)))
    dataset.card.write(folder / CARD_FILE)  # last: until then the folder is refused, and can be accepted again
    return dataset


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
            events = file.metadata.num_rows
            columns = [name for name in (*LOG_COLUMNS, *OPTIONAL_COLUMNS) if name in names]
            with closing(LogReader(path, catalogue, events, names)) as reader:
                for batch in record_batches(file, GROUP, columns):
                    reader.add(batch)
                    report_progress(f"Opening {path.parent.name}", reader.rows / max(events, 1))
                log = reader.log()
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); make or import it again", path=path) from None
    return replace(log, left_out=read_left_out(path.parent / LEFT_OUT_FILE))


def check_free(folder: Path, overwrite: bool) -> None:
    """Check that a data set may be written to a folder.

    Parameters
    ----------
    folder : Path
    overwrite : bool
        Replace a data set in the folder.

    Raises
    ------
    BadInput
        It is in use by something else, or holds a data set and `overwrite` is off.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / CARD_FILE).is_file():
        raise BadInput("exists and is not a data set; choose another folder", path=folder, fields=["out"])
    if not overwrite:
        message = "already holds a data set; choose another folder or overwrite it"
        raise BadInput(message, path=folder, fields=["out", "overwrite"])


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
