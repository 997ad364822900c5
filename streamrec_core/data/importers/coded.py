"""Text columns that hold each different text once: coded piece by piece, numbered by first appearance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.long_columns import LongColumn, filtered, gathered
from streamrec_core.data.string_column import StringColumn

BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.int32]
PIECES = 16
"""Pieces of a text column, at least, that are coded one by one before their names are joined."""
JOINED_SHARE = 4
"""They are joined when their names are this part of all: else joining takes time that grows with the square of them."""
BUCKETS = 31
"""Parts in which names are joined, one by one: the table in which they are looked up is as large as a part."""
LAST_BYTES = 16
"""Of a name, that decide its part."""
SLICE = 500_000
"""Rows that are read as text at a time."""


class TextEncoder:
    """Joins pieces of a text column to one dictionary array, whose names stand in order of first appearance."""

    def __init__(self) -> None:
        self._names: list[Any] = [pa.array([], pa.string())] * BUCKETS
        self._numbers: list[CodeArray] = [np.zeros(0, np.int32)] * BUCKETS  # among all names, of those of a bucket
        self._indices = LongColumn(np.int32)
        self._waiting: list[Any] = []
        self._has_missing = False

    def add(self, piece: Any) -> None:
        """Take in a piece, coded or not."""
        self._waiting.append(piece if pa.types.is_dictionary(piece.type) else piece.dictionary_encode())
        names = sum(len(waiting.dictionary) for waiting in self._waiting[-PIECES:]) * len(self._waiting) // PIECES
        if len(self._waiting) >= PIECES and names >= sum(map(len, self._names)) // JOINED_SHARE:
            self._join()  # names that pieces share are held once again

    def column(self) -> Any:
        """The whole column."""
        self._join()
        numbers = self._indices.whole()
        indices = pa.array(numbers, mask=numbers < 0) if self._has_missing else pa.array(numbers)
        order = pa.array(np.argsort(np.concatenate(self._numbers)))
        return pa.DictionaryArray.from_arrays(indices, pa.concat_arrays(self._names).take(order))

    def _join(self) -> None:
        texts = pa.chunked_array([piece.dictionary for piece in self._waiting], pa.string())
        bucket_of = np.concatenate([np.zeros(0, np.uint8), *map(_buckets, filter(len, texts.chunks))])
        number, is_new = np.zeros(len(texts), np.int32), np.zeros(len(texts), np.bool_)
        count = sum(map(len, self._names))
        for bucket, names in enumerate(self._names):
            rows = bucket_of == bucket
            joined = pa.concat_arrays([names, *texts.filter(pa.array(rows)).chunks]).dictionary_encode()
            number[rows] = joined.indices.to_numpy()[len(names) :]
            is_new[rows] = np.diff(np.maximum.accumulate(np.append(len(names) - 1, number[rows]))) > 0
            self._names[bucket] = joined.dictionary
        new_number = count - 1 + np.cumsum(is_new, dtype=np.int32)
        for bucket, numbers in enumerate(self._numbers):
            rows = bucket_of == bucket
            self._numbers[bucket] = np.append(numbers, new_number[rows & is_new])
            number[rows] = self._numbers[bucket][number[rows]]
        number, start = np.append(number, np.int32(-1)), 0
        for piece in self._waiting:
            indices = piece.indices.fill_null(-1).to_numpy()
            self._has_missing |= piece.indices.null_count > 0
            self._indices.add(number[np.where(indices < 0, -1, start + indices)])
            start += len(piece.dictionary)
        self._waiting = []


def _buckets(texts: Any) -> npt.NDArray[np.uint8]:
    """(R,) by the last bytes of each text and its length: they tell ids apart, and a long text takes no more room."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
    letters = np.frombuffer(texts.buffers()[2] or b"\0", np.uint8)
    starts, ends = offsets[:-1], offsets[1:]
    hashes = (ends - starts).astype(np.uint32)
    for back in range(1, LAST_BYTES + 1):
        hashes = hashes * np.uint32(257) + np.where(ends - back >= starts, letters[np.maximum(ends - back, 0)], 0)
    return (hashes % BUCKETS).astype(np.uint8)


def one_dictionary(pieces: Iterable[Any]) -> Any:
    """Join pieces of a text column to one dictionary array, whose names stand in order of first appearance."""
    encoder = TextEncoder()
    for piece in pieces:
        encoder.add(piece)
    return encoder.column()


def plain_text(column: Any) -> Any:
    """A coded column as strings."""
    return column.dictionary.take(column.indices) if pa.types.is_dictionary(column.type) else column


def codes(column: Any) -> tuple[CodeArray, StringColumn]:
    """Number texts by first appearance.

    Examples
    --------
    >>> numbers, names = codes(pa.array(["b", "a", "b"]))
    >>> numbers.tolist(), list(names)
    ([0, 1, 0], ['b', 'a'])
    """
    if not pa.types.is_dictionary(column.type):
        column = one_dictionary(chunks(column))
    numbers, names = column.indices.to_numpy(), column.dictionary
    first = first_rows(numbers, len(names))
    if (first[1:] <= first[:-1]).any() or (first >= len(numbers)).any():
        order = np.argsort(first, kind="stable")[: int((first < len(numbers)).sum())]
        number_of = np.full(len(names), -1, np.int32)
        number_of[order] = np.arange(len(order), dtype=np.int32)
        numbers, names = gathered(number_of, numbers), names.take(pa.array(order))
    return numbers.astype(np.int32, copy=False), StringColumn(names)


def filtered_codes(column: Any, mask: BoolArray) -> Any:
    """Rows of a coded column.

    Parameters
    ----------
    column : arrow dictionary array of R texts
    mask : (R,) bool
        Which rows.

    Returns
    -------
    arrow dictionary array
    """
    return pa.DictionaryArray.from_arrays(pa.array(filtered(column.indices.to_numpy(), mask)), column.dictionary)


def first_rows(numbers: CodeArray, count: int, mask: BoolArray | None = None) -> IntArray:
    """Find where each number stands first, without sorting.

    Parameters
    ----------
    numbers : (R,) int32
        From 0 to below `count`.
    count : int
    mask : (R,) bool or None
        Rows that are looked at; None: all.

    Returns
    -------
    (count,) int64
        R for numbers that do not occur.
    """
    first = np.full(count, len(numbers), np.int64)
    for start in range((len(numbers) - 1) // SLICE * SLICE, -1, -SLICE):
        part = slice(start, min(start + SLICE, len(numbers)))
        rows = np.arange(part.start, part.stop) if mask is None else start + np.flatnonzero(mask[part])
        first[numbers[rows][::-1]] = rows[::-1]  # of equal numbers the last that is written stays
    return first


def renamed(indices: Any, names: Any) -> Any:
    """Make a dictionary array of names of which several may be the same.

    Parameters
    ----------
    indices : arrow array of int32
    names : arrow array of str

    Returns
    -------
    arrow dictionary array
    """
    again = one_dictionary(names.slice(start, SLICE) for start in range(0, len(names), SLICE))
    if len(again.dictionary) < len(names):
        indices = pa.array(gathered(again.indices.to_numpy(), indices.to_numpy()))
        names = again.dictionary
    return pa.DictionaryArray.from_arrays(indices, names)


def chunks(column: Any) -> list[Any]:
    """The pieces of an Arrow column, one where it is whole."""
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]
