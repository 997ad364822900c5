"""Errors that a user can fix: the message, and as data what is at fault (path, line, settings, value, allowed values).

A message names the fault and a way out that holds everywhere. How to take it differs: the command line adds its
options, a page its controls, for the settings in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

ROW_FILES = (".parquet", ".pq", ".xlsx", ".xlsm")
"""Endings of files that have rows instead of lines."""

LINE_END = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
LONG_WORD = re.compile(r"(\S{400})\S+")


class StreamRecError(Exception):
    """A fault that the user can fix. The command line ends with exit code 2.

    Parameters
    ----------
    message : str
        What is wrong and what to do, without the path and line, which `str` puts before it.
    path : Path or None
        File or folder at fault.
    line : int or None
        Line of the file from 1, or row of a Parquet file.
    fields : sequence of str
        Names of the settings that fix it when they are changed (`encoding`, `skip_bad_rows`).
    value : object
        The value that cannot be used.
    allowed : sequence of str
        Values that can, or examples of them.

    Examples
    --------
    >>> error = BadInput("has no rows", path=Path("/srv/logs/may.csv"), fields=["source"])
    >>> str(error)
    '/srv/logs/may.csv has no rows'
    >>> error.text(lambda path: path.name)
    'may.csv has no rows'
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        fields: Sequence[str] = (),
        value: object = None,
        allowed: Sequence[str] = (),
    ) -> None:
        # Messages of libraries may have several lines, and what a file or link holds may be of any length.
        message = LONG_WORD.sub(r"\1…", LINE_END.sub(" ", message).strip(" "))
        super().__init__(message)
        self.message, self.path, self.line = message, path, line
        self.fields, self.value, self.allowed = tuple(fields), value, tuple(allowed)

    def __str__(self) -> str:
        return self.text()

    def text(self, show_path: Callable[[Path], str] = str) -> str:
        """Path, line and message in one sentence; `show_path` decides how much of the path is shown."""
        if self.path is None:
            return self.message
        if self.line is not None:
            unit = "row" if self.path.suffix.lower() in ROW_FILES else "line"
            return f"{show_path(self.path)}, {unit} {self.line}: {self.message}"
        return f"{show_path(self.path)}{'' if self.message.startswith(':') else ' '}{self.message}"


class BadInput(StreamRecError):
    """A file, row, name or number that cannot be used as it is."""


class Refused(StreamRecError):
    """Something that would work but must not be done: weights that changed, a read-only dashboard."""


class MissingExtra(StreamRecError, ImportError):  # type: ignore[misc]  # both have a `path`; here it is None
    """A library that only an extra of the package installs.

    Attributes
    ----------
    library, extra
        What is missing, and the extra that brings it.
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; install it with: pip install 'streamrec[{extra}]'")
        self.library, self.extra = library, extra


def file_name(path: Path) -> str:
    """The last part of a path: how a path is shown to somebody who must not see the folders of this machine."""
    return path.name
