"""Faults of disks and databases as errors in words, for those who show no other errors."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import WAYS_OUT, disk_fault
from streamrec_core.unfinished import hidden_name

P = ParamSpec("P")
T = TypeVar("T")
DATABASE_WAYS_OUT = {
    sqlite3.SQLITE_FULL: WAYS_OUT[errno.ENOSPC],
    sqlite3.SQLITE_READONLY: "the file or its disk is read-only; make it writable, or set STREAMREC_WORKSPACE",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write it; free some space, and check the disk",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; make it and its folder readable and writable",
    sqlite3.SQLITE_BUSY: "another process holds it; wait until that one is done",
}
"""The same by the error code of SQLite."""


def database_fault(error: sqlite3.Error, path: Path) -> BadInput:
    """The fault of a database as an error that names its file and the way out.

    Parameters
    ----------
    error : sqlite3.Error
    path : Path

    Returns
    -------
    BadInput

    Examples
    --------
    >>> error = sqlite3.OperationalError("database or disk is full")
    >>> error.sqlite_errorcode = sqlite3.SQLITE_FULL
    >>> str(database_fault(error, Path("/srv/audit.sqlite3")))
    '/srv/audit.sqlite3 cannot be used: the disk is full; free some space and try again'
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details of extended codes
    reason = DATABASE_WAYS_OUT.get(code, f"{error}; restore it from a copy, or move it away to begin a new one")
    return BadInput(f"cannot be used: {reason}", path=path)


def with_disk_faults(action: Callable[P, T]) -> Callable[P, T]:
    """An action whose faults of the disk are `BadInput`, for whoever shows no other errors."""

    @wraps(action)
    def act(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return action(*arguments, **named)
        except OSError as error:
            raise disk_fault(error) from error

    return act


def end_in_words(work: Callable[[Path], object], folder: Path) -> None:
    """Do the work of a background process; a fault is the last line of its log, which its page shows.

    Parameters
    ----------
    work : callable
    folder : Path
        Of the task.
    """
    try:
        with_disk_faults(work)(folder)
    except StreamRecError as error:
        sys.exit(f"error: {error}")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Within this block a fault of the disk that names no file, as of a write, names this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def check_writable(folder: Path) -> None:
    """Raise `BadInput` where this folder cannot be written; tries it in a hidden folder and leaves nothing behind."""
    folder = folder.resolve()
    try:
        above = next(path for path in (*folder.parents, folder) if path.exists())
        part = hidden_name(above / "check")
        try:
            (part / folder.relative_to(above)).mkdir(parents=True)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        message = f"cannot be written ({error.strerror}); choose another folder"
        raise BadInput(message, path=folder, fields=["out"]) from None
