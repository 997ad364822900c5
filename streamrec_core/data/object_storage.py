"""Object storage: files and folders with an address such as s3://bucket/logs/may, reached through fsspec."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from streamrec_core.config import data_folder
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.extras import require
from streamrec_core.files import replacing_folder

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")
KINDS = {"s3": "s3fs"}
"""Beginning of an address -> the library that fsspec needs for it."""
COPIES, SOURCE_FILE = ".from-storage", "source.json"
"""Folder, among the data sets of the workspace, of copies; and the file of each that says what it is a copy of."""


def is_address(name: str) -> bool:
    """Whether a name is an address on object storage, and no path.

    Examples
    --------
    >>> is_address("s3://bucket/logs"), is_address("/srv/logs"), is_address("C:/logs")
    (True, False, False)
    """
    return bool(ADDRESS.match(name))


class Storage:
    """One kind of object storage; every fault of it is one sentence.

    Parameters
    ----------
    system : fsspec.AbstractFileSystem
    """

    def __init__(self, system: Any) -> None:
        self._system = system

    def exists(self, address: str) -> bool:
        """Whether there is a file at the address."""
        with _faults(address):
            self._system.invalidate_cache()
            return bool(self._system.isfile(address))

    def names(self, address: str) -> list[str]:
        """Names of the files in a folder; empty where there is none."""
        return sorted(self.versions(address))

    def versions(self, address: str) -> dict[str, str]:
        """Of each file in a folder, what changes whenever the file does, by name; empty where there is none."""
        with _faults(address):
            self._system.invalidate_cache()
            try:
                entries = self._system.ls(address, detail=True)
            except FileNotFoundError:
                return {}
            files = [entry for entry in entries if entry["type"] == "file"]
            return {entry["name"].rpartition("/")[2]: _version(entry) for entry in files}

    def read(self, address: str) -> bytes:
        """The content of a file."""
        with _faults(address):
            return bytes(self._system.cat_file(address))

    def write(self, address: str, content: bytes) -> None:
        """Write a small file.

        Parameters
        ----------
        address : str
        content : bytes
        """
        with _faults(address):
            self._system.pipe_file(address, content)

    def upload(self, path: Path, address: str) -> None:
        """Copy a file of this disk to storage.

        Parameters
        ----------
        path : Path
        address : str
        """
        with _faults(address):
            self._system.put_file(str(path), address)

    def download(self, address: str, path: Path) -> None:
        """Copy a file of storage to this disk.

        Parameters
        ----------
        address : str
        path : Path
        """
        with _faults(address):
            self._system.get_file(address, str(path))

    def remove_folder(self, address: str) -> None:
        """Remove a folder and the files in it."""
        with _faults(address):
            self._system.rm(address, recursive=True)


def open_storage(address: str) -> Storage:
    """Open the storage of an address.

    Parameters
    ----------
    address : str

    Returns
    -------
    Storage

    Raises
    ------
    MissingExtra
        The library for this kind of storage is not installed.
    BadInput
        It is another kind of address.
    """
    kind = address.partition("://")[0]
    if kind not in KINDS:
        allowed = ", ".join(f"{name}://" for name in KINDS)
        raise BadInput(f"{address!r} is no address on object storage that can be used; it must begin with {allowed}")
    require(KINDS[kind])
    return Storage(fsspec.filesystem(kind))


def local_copy(address: str, needed: str) -> Path:
    """Copy a folder of object storage into the workspace, unless the copy there is up to date.

    Parameters
    ----------
    address : str
    needed : str
        Name of a file that the folder must have.

    Returns
    -------
    Path
        The copy; what is in folders of the folder is left out.

    Raises
    ------
    BadInput
        The folder has no such file, or cannot be read.
    """
    address = address.rstrip("/")
    storage = open_storage(address)
    versions = storage.versions(address)
    if needed not in versions:
        raise BadInput(f"{address} is no data set: it has no {needed}; check the address", fields=["data"])
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    copy = data_folder() / COPIES / name
    source = json.dumps({"address": address, "versions": versions}, indent=2, sort_keys=True)
    if (copy / SOURCE_FILE).is_file() and (copy / SOURCE_FILE).read_text(encoding="utf-8") == source:
        return copy
    with replacing_folder(copy) as part:
        for file in versions:
            report_progress(f"Copying {address}/{file}")
            storage.download(f"{address}/{file}", part / file)
        (part / SOURCE_FILE).write_text(source, encoding="utf-8")
    return copy


def _version(entry: dict[str, Any]) -> str:
    """Size and what the storage says of the content: a hash (ETag), or the time of its last change."""
    tags = [entry[name] for name in ("ETag", "etag", "md5", "LastModified", "created", "mtime") if name in entry]
    return f"{entry['size']} {tags[0] if tags else ''}"


@contextmanager
def _faults(address: str) -> Iterator[None]:
    """Put what a storage library raises, of which each has its own kinds, in one sentence."""
    try:
        yield
    except StreamRecError:
        raise
    except Exception as error:  # noqa: BLE001
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadInput(
            f"{address} cannot be used ({lines[0].rstrip('.')}); check the address, and that this account may read and "
            "write there",
            value=address,
        ) from None
