"""Files of a log: which of a folder are read, what each holds by its ending, and its bytes without compression."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, cast

import pyarrow as pa

from streamrec_core.data.importers.limits import Budget, budget, regular_file
from streamrec_core.errors import BadInput

FileKind = Literal["text", "parquet", "json", "xlsx"]
KINDS: dict[str, FileKind] = {
    **dict.fromkeys((".csv", ".tsv", ".dat", ".txt", ".log", ".inter"), "text"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "json"),
    **dict.fromkeys((".xlsx", ".xlsm"), "xlsx"),
}
"""By ending; a file of another ending is read as text."""
REFUSED = {
    ".xls": "is a workbook of Excel 97; save it as .xlsx or .csv",
    ".pdf": "is a PDF; export the log as a table",
    **dict.fromkeys((".html", ".htm", ".xml"), "is a page or document; export the log as CSV or JSON lines"),
    **dict.fromkeys(
        (".pkl", ".pickle", ".rds", ".rdata"), "holds objects of a program; write the log as Parquet or CSV"
    ),
    **dict.fromkeys((".feather", ".arrow"), "is an Arrow file; write the log as Parquet"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), "is a database; export the table as Parquet or CSV"),
    ".ods": "is a workbook of OpenOffice; save it as .xlsx or .csv",
    ".orc": "is an ORC file; convert it to Parquet",
    ".avro": "is an Avro file; convert it to Parquet",
    ".7z": "is a 7z archive; unpack it first",
    ".rar": "is a RAR archive; unpack it first",
    **dict.fromkeys((".xz", ".bz2", ".lz4", ".br"), "is compressed in a way that is not read; unpack it first"),
    ".tar": "is a tar archive; unpack it first",
    ".tgz": "is a tar archive; unpack it first",
}
COMPRESSED = (".gz", ".zst", ".zip")
ENDINGS = (*KINDS, *COMPRESSED)
GZIP, ZSTD, ZIP, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PAR1"
WORKBOOK = "xl/workbook.xml"
"""A member of every archive that is a workbook."""
FAULTS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException, RuntimeError, NotImplementedError)
"""What the readers of compressed files raise for broken ones."""
UNPACKED_AT_ONCE = 1 << 20
"""Bytes."""


def find_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """List the files of a log: each path, or of a folder the files in it whose ending is known, by name.

    Parameters
    ----------
    paths : sequence of Path

    Returns
    -------
    tuple of Path

    Raises
    ------
    BadInput
        A folder has no such file; a path is missing, or a pipe or device.
    """
    files: list[Path] = []
    for path in paths:
        if not is_folder(path):
            files.append(regular_file(path))
            continue
        inside = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_log(file.relative_to(path))]
        if not inside:
            raise BadInput(f"holds no file of a log; endings that are read: {', '.join(ENDINGS)}", path=path)
        files += inside
    return tuple(files)


def is_folder(path: Path) -> bool:
    """Whether a folder is there; of a name that no file can have it is not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def plain_name(path: Path) -> Path:
    """The name of a file without the ending of its compression; of an archive, that of the file in it."""
    if path.suffix.lower() == ".zip" and path.is_file():
        with path.open("rb") as raw:
            return content_name(raw, path)
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def content_name(raw: IO[bytes], path: Path) -> Path:
    """The name of what an open file holds, as `plain_name` gives it.

    Parameters
    ----------
    raw : binary file
    path : Path
        Its name.

    Returns
    -------
    Path
    """
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(raw) as archive:
                return Path(_only_member(archive, path))
        except FAULTS as error:
            raise BadInput(f"cannot be read ({error}); give a readable file", path=path) from None
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def file_kind(path: Path) -> FileKind:
    """What a file holds, by its ending; raises `BadInput` for what cannot be read."""
    return content_kind(plain_name(path), path)


def content_kind(plain: Path, path: Path) -> FileKind:
    """What a file holds, by the ending of its content.

    Parameters
    ----------
    plain : Path
        As `plain_name` gave it.
    path : Path
        For messages.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        Files of that ending are not read.
    """
    ending = plain.suffix.lower()
    if ending in REFUSED or plain.name.lower().endswith(".tar"):
        raise BadInput(REFUSED.get(ending, REFUSED[".tar"]), path=path)
    return KINDS.get(ending, "text")


def open_plain(raw: IO[bytes], path: Path) -> IO[bytes]:
    """Open the content of a file that may be compressed; its first bytes tell.

    Parameters
    ----------
    raw : binary file
        Open at its beginning, seekable.
    path : Path
        For messages.

    Returns
    -------
    binary file

    Raises
    ------
    BadInput
        An archive holds no file or several, or another archive; what it unpacks to is larger than an import may be.
    """
    return _content(raw, path)


def _content(raw: IO[bytes], path: Path, member: Path | None = None) -> IO[bytes]:
    """The content of a file, or of the only member of an archive, whose bytes count as those of the file."""
    name = member or path
    start = raw.read(4)
    raw.seek(0)
    if start == PARQUET and KINDS.get(content_name(raw, name).suffix.lower()) != "parquet":
        raise BadInput("is a Parquet file with another ending; rename it to .parquet", path=path)
    raw.seek(0)
    if start.startswith(GZIP):
        return _counted(cast("IO[bytes]", gzip.open(raw)), path)
    if start == ZSTD:
        return _counted(
            cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(_StaysOpen(raw), mode="r"), "zstd")), path
        )
    if start == ZIP and KINDS.get(name.suffix.lower()) != "xlsx":
        if member is not None:  # one may even hold itself
            raise BadInput("is an archive in an archive; unpack it first", path=path)
        archive = zipfile.ZipFile(raw)
        if WORKBOOK in archive.namelist():
            raise BadInput("is an Excel workbook with another ending; rename it to .xlsx", path=path)
        only = _only_member(archive, path)
        return _content(archive.open(only), path, Path(only))
    return raw if member is None else _counted(raw, path)


def _counted(content: IO[bytes], path: Path) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_CountedBytes(content, path, budget()), UNPACKED_AT_ONCE))


class _CountedBytes(io.RawIOBase):
    """Reads what a compressed file unpacks to, and counts it."""

    def __init__(self, content: IO[bytes], path: Path, total: Budget) -> None:
        super().__init__()
        self._content, self._path, self._total, self._size = content, path, total, 0

    def readinto(self, target: Any) -> int:
        part = self._content.read(len(target))
        target[: len(part)] = part
        self._size += len(part)
        self._total.count_bytes(self._path, self._size)
        return len(part)

    def readable(self) -> bool:
        return True


class _StaysOpen(io.RawIOBase):
    """Reads from a file and leaves it open when it is closed itself: Arrow closes what it reads."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__()
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        return self._raw.read(size)

    def readable(self) -> bool:
        return True


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """The file itself, or a temporary one with its content where it is compressed."""
    regular_file(path)
    try:
        with path.open("rb") as raw, tempfile.TemporaryDirectory(prefix="streamrec-import-") as folder:
            content = open_plain(raw, path)
            if content is raw:
                budget().count_bytes(path, path.stat().st_size)
                yield path
                return
            target = Path(folder) / plain_name(path).name
            with target.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            yield target
    except FAULTS as error:
        raise BadInput(f"cannot be read ({error}); give a readable file", path=path) from None


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    names = [
        name
        for name in archive.namelist()
        if not name.endswith("/") and not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")
    ]
    if len(names) != 1:
        raise BadInput(
            f"holds {len(names)} files; an archive of a log holds one, so unpack it and give the folder", path=path
        )
    return names[0]


def _is_log(path: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and path.suffix.lower() in ENDINGS
