"""Limits of reading a log: rows, unpacked bytes and minutes, counted while it is read and told when one is reached.

A small file may unpack to any size (repeated values in Parquet, zeros in gzip), so that the size on disk says nothing.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from streamrec_core.config import IMPORT_GIGABYTES, IMPORT_MINUTES, IMPORT_ROWS
from streamrec_core.data.progress import checked_progress
from streamrec_core.errors import BadInput

GIGABYTE = 10**9
READ_WHOLE = 4
"""Files that are read whole (lists in JSON, workbooks) may have this part of the bytes of others."""
LONGEST_LINE = 1 << 26
"""Characters of one line."""
PREVIEW_MINUTES = 1.0


@dataclass(frozen=True)
class ReadingLimits:
    """What the files of one log may hold together.

    Attributes
    ----------
    rows : int
        Lines of text files, rows of others, and events where a row lists several.
    gigabytes : float
        After unpacking.
    minutes : float
    """

    rows: int
    gigabytes: float
    minutes: float

    @property
    def size(self) -> int:
        """Bytes after unpacking."""
        return int(self.gigabytes * GIGABYTE)


def usual_limits() -> ReadingLimits:
    """The limits that this machine sets; raises `BadInput` where a variable is no such number."""
    return ReadingLimits(int(IMPORT_ROWS.read()), IMPORT_GIGABYTES.read(), IMPORT_MINUTES.read())


@dataclass(eq=False)
class Budget:
    """What was read so far, by file: a file that is gone through several times counts once."""

    limits: ReadingLimits
    started: float = field(default_factory=time.monotonic)
    _rows: dict[Path, int] = field(default_factory=dict)
    _sizes: dict[Path, int] = field(default_factory=dict)

    def count_rows(self, path: Path, rows: int) -> None:
        """Take note of the rows of a file that were read so far.

        Parameters
        ----------
        path : Path
        rows : int

        Raises
        ------
        BadInput
            All files together have more rows than an import may have.
        """
        self._rows[path] = max(rows, self._rows.get(path, 0))
        if sum(self._rows.values()) > self.limits.rows:
            message = (
                f"has more than {self.limits.rows:,} rows, the limit of an import; import a part of the log, or raise "
                f"the limit ({IMPORT_ROWS.name})"
            )
            raise BadInput(message, path=path, fields=["row_limit"], value=self.limits.rows)

    def count_bytes(self, path: Path, size: int) -> None:
        """Take note of the bytes of a file that were unpacked so far.

        Parameters
        ----------
        path : Path
        size : int

        Raises
        ------
        BadInput
            All files together are larger than an import may be.
        """
        self._sizes[path] = max(size, self._sizes.get(path, 0))
        if sum(self._sizes.values()) > self.limits.size:
            raise self._too_large(path, self.limits.gigabytes, "the limit of an import")

    def refuse_large(self, path: Path, size: int, kind: str) -> None:
        """Refuse a file that is read whole, before it is read.

        Parameters
        ----------
        path : Path
        size : int
            Bytes after unpacking.
        kind : str
            Such files in words, for the message.

        Raises
        ------
        BadInput
            It is larger than such files may be.
        """
        most = self.limits.gigabytes / READ_WHOLE
        if size > most * GIGABYTE:
            raise self._too_large(path, most, f"the limit for {kind}, which are read whole")

    def check_time(self) -> None:
        """Raise `BadInput` where the import has taken longer than it may."""
        if time.monotonic() - self.started > self.limits.minutes * 60:
            message = (
                f"the import took longer than {self.limits.minutes:g} minutes, its limit; import a part of the log, or "
                f"raise the limit ({IMPORT_MINUTES.name})"
            )
            raise BadInput(message, fields=["time_limit"], value=self.limits.minutes)

    def seconds_left(self) -> float:
        """Until the limit, never negative."""
        return max(self.limits.minutes * 60 - (time.monotonic() - self.started), 0.0)

    def _too_large(self, path: Path, gigabytes: float, what: str) -> BadInput:
        message = (
            f"unpacks to more than {gigabytes:g} GB, {what}; import a part of the log, or raise the limit of an "
            f"import, {self.limits.gigabytes:g} GB ({IMPORT_GIGABYTES.name})"
        )
        return BadInput(message, path=path, fields=["size_limit"], value=self.limits.gigabytes)


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budget() -> Budget:
    """The budget of the import that goes on; elsewhere a new one with the limits of this machine."""
    return _budget.get() or Budget(usual_limits())


@contextmanager
def limited(limits: ReadingLimits) -> Iterator[None]:
    """Within this block all that is read counts together, and the time is looked at with every report of progress."""
    current = Budget(limits)
    token = _budget.set(current)
    try:
        with checked_progress(current.check_time):
            yield
    finally:
        _budget.reset(token)


def regular_file(path: Path) -> Path:
    """The path itself, where a file is there that has an end.

    Raises
    ------
    BadInput
        It is missing, a folder, or a pipe or device, which a reader would wait for without end.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput("is missing; check the path", path=path) from None
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error}); give a readable file", path=path) from None
    except ValueError:  # a zero byte in the name
        raise BadInput("cannot name a file; check the path", path=path) from None
    if stat.S_ISDIR(mode):
        raise BadInput("is a folder; give a file", path=path)
    if not stat.S_ISREG(mode):
        raise BadInput("is a pipe or device and no file; save what it gives as a file first", path=path)
    return path
