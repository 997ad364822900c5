"""Arrays of as many values as a log has events: in memory or, of a long log, in files that are mapped into memory.

An import makes some ten such arrays. Pages of the files are written back and given up when memory is short, so that an
import takes little memory of its own; each file lies in the folder for temporary files, has no name there, and is gone
with the array.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streamrec_core.data import log_column
from streamrec_core.data.catalogue import IntArray

STEP = 1 << 20
"""Values that are worked on at a time."""
BUFFER = 1 << 20


def is_long(length: int) -> bool:
    """Whether columns of so many events are kept on disk."""
    return length > log_column.EVENTS_IN_MEMORY


def steps(length: int) -> Iterator[slice]:
    """Parts of a column of `length` values, in order."""
    for start in range(0, length, STEP):
        yield slice(start, min(start + STEP, length))


def long_array(length: int, kind: Any) -> npt.NDArray[Any]:
    """Zeros (length,) that can be written to.

    Parameters
    ----------
    length : int
    kind : type
        Of numpy.

    Returns
    -------
    (length,) array
    """
    if not is_long(length):
        return np.zeros(length, kind)
    with _file() as file:
        file.truncate(length * np.dtype(kind).itemsize)
        return _mapped(file, kind, "r+")


def numbered(length: int) -> IntArray:
    """The numbers 1, 2, 3, ... (length,)."""
    numbers = long_array(length, np.int64)
    for part in steps(length):
        numbers[part] = np.arange(part.start + 1, part.stop + 1)
    return numbers


def concatenated(pieces: Iterable[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    """Pieces as one column.

    Parameters
    ----------
    pieces : iterable of arrays
    kind : type
        Of numpy.

    Returns
    -------
    (E,) array
    """
    column = LongColumn(kind)
    for piece in pieces:
        column.add(piece)
    return column.whole()


def gathered(values: npt.NDArray[Any], rows: npt.NDArray[Any], kind: Any = None) -> npt.NDArray[Any]:
    """`values[rows]`, some rows at a time.

    Parameters
    ----------
    values : (R,) array
    rows : (E,) int
    kind : type or None
        Of the result; None: as of `values`.

    Returns
    -------
    (E,) array
    """
    taken = long_array(len(rows), values.dtype if kind is None else kind)
    for part in steps(len(rows)):
        taken[part] = values[rows[part]]
    return taken


def filtered(values: npt.NDArray[Any], mask: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """`values[mask]`, some at a time.

    Parameters
    ----------
    values : (R,) array
    mask : (R,) bool

    Returns
    -------
    (number of true values,) array
    """
    return concatenated((values[part][mask[part]] for part in steps(len(values))), values.dtype)


def code_counts(codes: npt.NDArray[Any], size: int) -> IntArray:
    """How often each code occurs, as `bincount` has it, without a wider copy of the codes.

    Parameters
    ----------
    codes : (R,) int
        From 0 to below `size`.
    size : int

    Returns
    -------
    (size,) int64
    """
    counts = np.zeros(size, np.int64)
    for part in steps(len(codes)):
        counts += np.bincount(codes[part], minlength=size)
    return counts


def whole_groups(ends: IntArray, most: int | None = None) -> Iterator[slice]:
    """Neighbouring groups, such as sessions or owners, with at most so many values together, or one alone.

    Parameters
    ----------
    ends : (N,) int64
        Values up to the end of each group.
    most : int or None
        None: `STEP`.
    """
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        stop = max(int(np.searchsorted(ends, before + (most or STEP), side="right")), first + 1)
        yield slice(first, stop)
        first = stop


def bucketed(
    codes: npt.NDArray[Any], counts: IntArray, is_used: Callable[[slice], npt.NDArray[np.bool_]] | None = None
) -> Iterator[tuple[npt.NDArray[Any], slice]]:
    """Sort rows roughly by their code, by counting: some neighbouring codes at a time, the rows of them in order.

    Parameters
    ----------
    codes : (R,) int
        From 0 to below N.
    counts : (N,) int64
        Rows of each code.
    is_used : callable or None
        Which rows of a part count; None: all.

    Yields
    ------
    rows : (E,) int64
        All rows that count, the same array each time; what is written into it stays.
    part : slice
        Those that are next.
    """
    ends = np.cumsum(counts)
    rows = long_array(int(ends[-1]) if len(ends) else 0, np.int64)
    borders = np.array([ends[group.stop - 1] for group in whole_groups(ends)], np.int64)
    bucket_of = np.searchsorted(borders, ends).astype(np.int32)
    free = np.append(0, borders)
    for part in steps(len(codes)):
        used = np.arange(part.start, part.stop)
        if is_used is not None:
            used = used[is_used(part)]
        buckets = bucket_of[codes[used]]
        by_bucket = np.argsort(buckets, kind="stable")
        numbers, firsts, sizes = np.unique(buckets[by_bucket], return_index=True, return_counts=True)
        used = used[by_bucket]
        for number, first, size in zip(numbers.tolist(), firsts.tolist(), sizes.tolist(), strict=True):
            rows[free[number] : free[number] + size] = used[first : first + size]
            free[number] += size
    for start, stop in zip(np.append(0, borders)[:-1].tolist(), borders.tolist(), strict=True):
        yield rows, slice(start, stop)


class LongColumn:
    """Numbers that arrive in pieces, nobody knows how many.

    Parameters
    ----------
    kind : type
        Of numpy.
    """

    def __init__(self, kind: Any) -> None:
        self._kind, self._length = np.dtype(kind), 0
        self._pieces: list[npt.NDArray[Any]] = [np.zeros(0, kind)]
        self._file: IO[bytes] | None = None

    def add(self, numbers: npt.NDArray[Any]) -> None:
        """Take the next numbers."""
        self._pieces.append(numbers.astype(self._kind, copy=False))
        self._length += len(numbers)
        if is_long(self._length):
            self._file = self._file or _file()
            for piece in self._pieces:
                self._file.write(np.ascontiguousarray(piece).data)
            self._pieces = []

    def whole(self) -> npt.NDArray[Any]:
        """All of them."""
        if self._file is None:
            return np.concatenate(self._pieces)
        with self._file as file:
            return _mapped(file, self._kind, "r+")


class LongTexts:
    """Pieces of an Arrow column that are kept as they are, such as texts of which hardly two are the same.

    Parameters
    ----------
    kind : pyarrow.DataType
    """

    def __init__(self, kind: pa.DataType) -> None:
        self._kind, self._length = kind, 0
        self._pieces: list[pa.Array] = []
        self._file: IO[bytes] | None = None
        self._writer: Any = None

    def add(self, piece: pa.Array) -> None:
        """Take the next piece."""
        self._pieces.append(piece)
        self._length += len(piece)
        if not is_long(self._length):
            return
        if self._writer is None:
            self._file = _file()
            self._writer = pa.ipc.new_stream(pa.PythonFile(self._file, "w"), pa.schema([("", self._kind)]))
        for waiting in self._pieces:
            self._writer.write_batch(pa.record_batch([waiting], names=[""]))
        self._pieces = []

    def column(self) -> pa.ChunkedArray:
        """The whole column, in pieces."""
        if self._file is None:
            return pa.chunked_array(self._pieces, self._kind)
        self._writer.close()
        with self._file as file:
            stored = pa.BufferReader(pa.py_buffer(_mapped(file, np.uint8, "r")))
        return pa.ipc.open_stream(stored).read_all().column(0)


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="streamrec-", buffering=BUFFER)


def _mapped(file: IO[bytes], kind: Any, mode: Any) -> npt.NDArray[Any]:
    file.flush()
    return np.asarray(np.memmap(file, kind, mode))
