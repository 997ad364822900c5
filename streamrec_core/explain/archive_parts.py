"""Parts of an unfinished file of explanations: batches beside it, on this disk or on object storage."""

from __future__ import annotations

import io
import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.config import Settings
from streamrec_core.data.object_storage import Storage, is_address, open_storage
from streamrec_core.errors import BadInput
from streamrec_core.explain.archive_table import SCHEMA, WRITERS
from streamrec_core.files import remove_folder, replacing, replacing_folder
from streamrec_core.recovery import JOINED, PARTS, clear_joined_parts

JOB_FILE = "job.json"


class ArchiveParts(ABC):
    """Finished batches of a file.

    Parameters
    ----------
    out : str
        The file, as messages call it.
    parts : str
        Where the batches are, as messages call it.
    """

    def __init__(self, out: str, parts: str) -> None:
        self._out, self._parts = out, parts
        self._ending = PurePosixPath(out).suffix.lower()

    def begin(self, job: Settings) -> None:
        """Open the folder of batches: a new one, or that of the same job.

        Raises
        ------
        BadInput
            The file exists already or has no known ending, its folder does not exist, or the batches belong to another
            job.
        """
        if self._ending not in WRITERS:
            raise BadInput(f"{self._out} ends with none of {', '.join(WRITERS)}; choose such a file", fields=["out"])
        if self._is_done():
            raise BadInput(f"{self._out} exists already; choose another file, or delete it")
        stored = self._stored_job(job)
        if stored is None:
            self._store_job(job)
        elif stored != job:
            raise BadInput(
                f"{self._parts} holds batches of another model, data set or setting; delete that folder, or choose "
                "another file"
            )

    @abstractmethod
    def complete(self) -> set[str]:
        """Names of the batches that are there."""

    @abstractmethod
    def write(self, name: str, batch: pa.Table) -> None:
        """Write a batch, whole or not at all.

        Parameters
        ----------
        name : str
            Of its file.
        batch : pyarrow.Table
        """

    @abstractmethod
    def join(self) -> None:
        """Write all batches into the file, one in memory at a time; it appears whole, and the batches are deleted."""

    @abstractmethod
    def _is_done(self) -> bool: ...

    @abstractmethod
    def _stored_job(self, job: Settings) -> Settings | None:
        """The job of the batches that are there, of the same kind of settings."""

    @abstractmethod
    def _store_job(self, job: Settings) -> None: ...


class LocalParts(ArchiveParts):
    """In a hidden folder beside the file.

    Parameters
    ----------
    out : Path
    """

    def __init__(self, out: Path) -> None:
        self._path, self._folder = out, out.with_name(f".{out.name}{PARTS}")
        super().__init__(str(out), str(self._folder))

    def complete(self) -> set[str]:
        """Names of the batches that are there."""
        return {path.name for path in self._folder.glob("[!.]*.parquet")}

    def write(self, name: str, batch: pa.Table) -> None:
        """Write a batch.

        Parameters
        ----------
        name : str
        batch : pyarrow.Table
        """
        with replacing(self._folder / name) as unfinished:
            pq.write_table(batch, unfinished)

    def join(self) -> None:
        """Write all batches into the file."""
        tables = (pq.read_table(self._folder / name, schema=SCHEMA) for name in sorted(self.complete()))
        with replacing(self._path) as unfinished:
            WRITERS[self._ending](unfinished, tables)
            (self._folder / JOINED).touch()
        with suppress(FileNotFoundError):  # another process has cleared them
            remove_folder(self._folder)

    def _is_done(self) -> bool:
        clear_joined_parts(self._path.parent)
        return self._path.exists()

    def _stored_job(self, job: Settings) -> Settings | None:
        file = self._folder / JOB_FILE
        return type(job).read(file) if file.is_file() else None

    def _store_job(self, job: Settings) -> None:
        if not self._path.parent.is_dir():
            raise BadInput(f"the folder {self._path.parent} is missing; create it, or choose another folder")
        with replacing_folder(self._folder) as part:
            job.write(part / JOB_FILE)


class StoredParts(ArchiveParts):
    """On object storage, where an object appears whole: any machine can go on.

    Parameters
    ----------
    out : str
        Address of the file.
    """

    def __init__(self, out: str) -> None:
        folder, _, name = out.rpartition("/")
        self._address = f"{folder}/.{name}{PARTS}"
        super().__init__(out, self._address)
        self._storage: Storage = open_storage(out)

    def complete(self) -> set[str]:
        """Names of the batches that are there."""
        return {name for name in self._storage.names(self._address) if name.endswith(".parquet")}

    def write(self, name: str, batch: pa.Table) -> None:
        """Write a batch.

        Parameters
        ----------
        name : str
        batch : pyarrow.Table
        """
        content = io.BytesIO()
        pq.write_table(batch, content)
        self._storage.write(f"{self._address}/{name}", content.getvalue())

    def join(self) -> None:
        """Write all batches into the file, by way of a temporary one on this disk."""
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / f"whole{self._ending}"
            WRITERS[self._ending](whole, self._tables())
            self._storage.upload(whole, self._out)
        self._storage.remove_folder(self._address)

    def _tables(self) -> Iterator[pa.Table]:
        for name in sorted(self.complete()):
            content = self._storage.read(f"{self._address}/{name}")
            yield pq.read_table(io.BytesIO(content), schema=SCHEMA)

    def _is_done(self) -> bool:
        return self._storage.exists(self._out)

    def _stored_job(self, job: Settings) -> Settings | None:
        address = f"{self._address}/{JOB_FILE}"
        if not self._storage.exists(address):
            return None
        return type(job).parse(json.loads(self._storage.read(address)), address)

    def _store_job(self, job: Settings) -> None:
        self._storage.write(f"{self._address}/{JOB_FILE}", job.model_dump_json(indent=2, by_alias=True).encode())


def parts_of(out: str | Path) -> ArchiveParts:
    """The parts of a file on this disk or, by its address, on object storage.

    Examples
    --------
    >>> type(parts_of("explanations.parquet")).__name__
    'LocalParts'
    """
    return StoredParts(str(out)) if is_address(str(out)) else LocalParts(Path(out))
