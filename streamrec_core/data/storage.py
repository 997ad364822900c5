"""Data sets on disk: write and read the folder of Parquet files and its card, whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import NEUTRAL, Catalogue
from streamrec_core.data.dataset import DataSet, DataSetCard
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.left_out import read_left_out
from streamrec_core.data.log import EventLog
from streamrec_core.data.sessions_table import sessions_table
from streamrec_core.data.truth import Truth
from streamrec_core.errors import BadInput
from streamrec_core.files import replace_folder, replacing

CARD_FILE, CATALOGUE_FILE, EVENTS_FILE, SESSIONS_FILE = (
    "dataset.json",
    "catalogue.parquet",
    "events.parquet",
    "sessions.parquet",
)
LEFT_OUT_FILE = "left_out.parquet"
GROUP = 1 << 17
"""Rows of a Parquet row group: small, so that a page of sessions reads little of a long log."""


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
        pq.write_table(_events_table(dataset), part / EVENTS_FILE, row_group_size=GROUP)
        pq.write_table(sessions_table(dataset), part / SESSIONS_FILE, row_group_size=GROUP)
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
        engagement is none of the five.
    """
    card = DataSetCard.read(folder / CARD_FILE)
    catalogue = read_catalogue(folder)
    return DataSet(card, catalogue, _read_log(folder / EVENTS_FILE, catalogue), folder)


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
    absent = [name for name in columns if name not in table.column_names]
    if absent:
        raise BadInput(f"has no column {', '.join(absent)}; it has {', '.join(table.column_names)}", path=path)
    return table


def _read_log(path: Path, catalogue: Catalogue) -> EventLog:
    table = _read(path, ("session_id", "position", "item_id", "engagement"))
    ids = pc.cast(table["session_id"], pa.string()).combine_chunks()
    # A session is a run of rows with one id.
    begins = pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.append(True, begins)[: len(ids)])
    offsets = np.append(starts, len(ids)).astype(np.int64)
    expected = np.arange(len(ids)) - np.repeat(starts, np.diff(offsets))
    if not np.array_equal(table["position"].to_numpy(), expected):
        raise BadInput(": positions must run 0, 1, 2, ... within each session, session after session", path=path)
    return EventLog(
        session_ids=tuple(ids.take(pa.array(starts)).to_pylist()),
        offsets=offsets,
        items=_codes(table["item_id"], catalogue.item_ids, path, "item", "catalogue.parquet").astype(np.int32),
        engagements=_codes(table["engagement"], ENGAGEMENTS, path, "engagement", "the five types").astype(np.int8),
        timestamps=table["timestamp"].to_numpy() if "timestamp" in table.column_names else None,
        user_ids=tuple(table["user_id"].take(pa.array(starts)).to_pylist())
        if "user_id" in table.column_names
        else None,
        left_out=read_left_out(path.parent / LEFT_OUT_FILE),
    )


def _codes(column: pa.ChunkedArray, names: tuple[str, ...], path: Path, noun: str, where: str) -> Any:
    """Position of each value in `known`; an unknown one stops with its row."""
    codes = pc.index_in(pc.cast(column, pa.string()), value_set=pa.array(names, pa.string()))
    if codes.null_count:
        row = int(np.flatnonzero(codes.is_null().to_numpy())[0])
        value = column[row].as_py()
        message = f"{noun} {value!r} is not in {where}; add it there or drop the row"
        raise BadInput(message, path=path, line=row, value=value)
    return codes.to_numpy()


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


def _events_table(dataset: DataSet) -> pa.Table:
    log = dataset.log
    of_event = np.repeat(np.arange(len(log)), log.lengths)
    columns = {
        "session_id": _names(of_event, log.session_ids),
        "position": pa.array(np.arange(len(log.items)) - log.offsets[:-1][of_event]),
        "item_id": _names(log.items, dataset.catalogue.item_ids),
        "engagement": _names(log.engagements, ENGAGEMENTS),
    }
    if log.timestamps is not None:
        columns["timestamp"] = pa.array(log.timestamps)
    if log.user_ids is not None:
        columns["user_id"] = _names(of_event, log.user_ids)
    return pa.table(columns)
