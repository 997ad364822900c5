"""A column of a log that is read piece by piece: in memory or, of a long log, in a file that is mapped into memory.

Mapped pages are read from disk when they are used and are given back when memory is short, so that a log larger than
memory can be trained on and evaluated by what treats it as an array.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

EVENTS_IN_MEMORY = 10_000_000
"""Columns of a longer log are kept on disk."""


class LogColumn:
    """Numbers that arrive in order.

    Parameters
    ----------
    events : int
        How many will arrive.
    kind : type
        Of numpy.
    folder : Path
        Where the file lies if there is one: it has no name there, and is gone with the last process that uses it. Where
        the folder cannot be written to, it lies in the system's folder for temporary files.
    """

    def __init__(self, events: int, kind: type[Any], folder: Path) -> None:
        self._events, self._kind, self._filled = events, np.dtype(kind), 0
        self._file, self._array = None, None
        if events > EVENTS_IN_MEMORY:
            writable = folder if os.access(folder, os.W_OK) else None
            self._file = tempfile.TemporaryFile(dir=writable, buffering=1 << 20)  # noqa: SIM115  see `close`
        else:
            self._array = np.zeros(events, self._kind)

    def add(self, numbers: npt.NDArray[Any]) -> None:
        """Take the next numbers."""
        if self._array is not None:
            self._array[self._filled : self._filled + len(numbers)] = numbers
        elif self._file is not None:
            self._file.write(numbers.astype(self._kind).tobytes())
        self._filled += len(numbers)

    def whole(self) -> npt.NDArray[Any]:
        """(E,) all of them, once they are in; read only where they are on disk."""
        if self._array is not None:
            return self._array
        assert self._file is not None
        self._file.flush()
        return np.asarray(np.memmap(self._file, self._kind, "r", shape=(self._events,)))

    def close(self) -> None:
        """Close the file; what `whole` gave can still be read."""
        if self._file is not None:
            self._file.close()
