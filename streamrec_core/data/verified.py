"""Hashes of data sets on disk: recomputed before use, once a process for the same files, and refused with both values.

A log that is opened for reading is hashed in memory (`storage.read_dataset`); one that is only browsed is hashed a
group of rows at a time, so that it never stands in memory whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSetCard, worded_hash
from streamrec_core.data.parquet_batches import record_batches
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import file_hash, file_stamp

Stamps = tuple[tuple[int, ...], ...]
GROUP = 1 << 17
"""Rows of a Parquet row group, and of a step of reading and writing; small, so that a page of sessions reads little."""
_verified: dict[Path, Stamps] = {}
"""Stamps of the files of each folder whose hashes this process has recomputed."""


def stamps_of(*paths: Path) -> Stamps:
    """The stamps of some files."""
    return tuple(map(file_stamp, paths))


def is_verified(folder: Path, stamps: Stamps) -> bool:
    """Whether this process has recomputed the hashes of these very files.

    Parameters
    ----------
    folder : Path
    stamps : Stamps
        Of its files, taken before they were read.
    """
    return _verified.get(folder) == stamps


def remember_verified(folder: Path, stamps: Stamps) -> None:
    """Note that the hashes of these files were recomputed and hold.

    Parameters
    ----------
    folder : Path
    stamps : Stamps
        Of its files, taken before they were read.
    """
    _verified[folder] = stamps


def check_hash(card: DataSetCard, name: str, actual: str, path: Path) -> None:
    """Compare a hash with the one of the card.

    Parameters
    ----------
    card : DataSetCard
    name : str
        catalogue, events, or the name of a file.
    actual : str
        Of the file as it is now.
    path : Path
        The file.

    Raises
    ------
    Refused
        They differ.
    """
    stored = card.hashes.get(name, "none")
    if stored != actual:
        raise Refused(
            f"is not what the card describes (dataset.json {stored[:12]}, file {actual[:12]}); "
            "restore it from a copy, import the data again, or accept the change with: streamrec data accept FOLDER",
            path=path,
        )


def file_hashes(folder: Path, files: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each file that the folder has, by its name.

    Parameters
    ----------
    folder : Path
    files : iterable of str
        Names.

    Returns
    -------
    dict of str to str
        "unreadable" for a file that cannot be read.
    """
    digests = {}
    for name in files:
        if (folder / name).exists():
            try:
                digests[name] = file_hash(folder / name)
            except OSError:
                digests[name] = "unreadable"
    return digests


def check_files(card: DataSetCard, folder: Path, files: Sequence[str]) -> None:
    """Compare the files beside the log with the hashes of the card; a card of before there were any holds none.

    Parameters
    ----------
    card : DataSetCard
    folder : Path
    files : sequence of str
        Names. The first is in every folder, and may be absent, since it is made from the log.

    Raises
    ------
    Refused
        A file differs, is missing, or is one that the card does not name.
    """
    if files[0] not in card.hashes:
        return
    actual = {name: "missing" for name in files[1:] if name in card.hashes} | file_hashes(folder, files)
    for name, digest in actual.items():
        check_hash(card, name, digest, folder / name)


def events_file_hash(path: Path, catalogue: Catalogue, card: DataSetCard) -> str:
    """The hash of a log, from its file: the same as `dataset.events_hash` of the log in memory.

    Parameters
    ----------
    path : Path
        Of `events.parquet`.
    catalogue : Catalogue
    card : DataSetCard

    Returns
    -------
    str

    Raises
    ------
    BadInput
        The file cannot be read.
    """
    if not path.is_file():
        raise BadInput("is missing; the folder is incomplete, make or import it again", path=path)
    engagements = {name: code for code, name in enumerate(card.log_words.engagements)}
    try:
        with pq.ParquetFile(path) as file:
            digest, offsets = _sessions(file)
            _add(digest, offsets)
            for name, numbers in (("item_id", catalogue.rows), ("engagement", engagements)):
                for batch in record_batches(file, GROUP, [name]):
                    _add(digest, _codes(batch[name], numbers))
            if "timestamp" in file.schema_arrow.names:
                for batch in record_batches(file, GROUP, ["timestamp"]):
                    _add(digest, batch["timestamp"].to_numpy(zero_copy_only=False))
    except (pa.ArrowException, OSError, KeyError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); make or import it again", path=path) from None
    return worded_hash(digest.hexdigest(), card.log_words)


def _sessions(file: pq.ParquetFile) -> tuple[hashlib._Hash, IntArray]:
    """A digest that holds the ids of all sessions, and their offsets (N + 1,)."""
    ids, starts = hashlib.sha256(), [np.zeros(0, np.int64)]
    for rows, session_ids in _session_starts(file):
        for raw in session_ids.digest_bytes():
            ids.update(raw)
        starts.append(rows)
    return hashlib.sha256(ids.digest()), np.concatenate([*starts, [file.metadata.num_rows]])


def _session_starts(file: pq.ParquetFile) -> Iterator[tuple[IntArray, StringColumn]]:
    """Rows at which sessions begin, and their ids, a group at a time: a session is a run of rows with one id."""
    rows, last = 0, None
    for batch in record_batches(file, GROUP, ["session_id"]):
        encoded = pc.cast(batch["session_id"], pa.string()).dictionary_encode()
        codes, ids = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary
        begins = np.ones(len(codes), np.bool_)
        begins[1:] = codes[1:] != codes[:-1]
        begins[0] = rows == 0 or str(ids[int(codes[0])]) != last
        yield rows + np.flatnonzero(begins), StringColumn(ids.take(pa.array(codes[begins])))
        rows, last = rows + len(codes), str(ids[int(codes[-1])])


def _codes(column: pa.Array, numbers: Mapping[str, int]) -> IntArray:
    """Number of each value, as the log in memory has it; -1 for one that it could not have."""
    encoded = pc.cast(column, pa.string()).dictionary_encode()
    of_value = np.array([*(numbers.get(value, -1) for value in encoded.dictionary.to_pylist()), -1], np.int64)
    codes: IntArray = of_value[encoded.indices.fill_null(-1).to_numpy()]
    return codes


def _add(digest: hashlib._Hash, numbers: IntArray) -> None:
    digest.update(np.ascontiguousarray(numbers, dtype="<i8").tobytes())
