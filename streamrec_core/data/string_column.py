"""A column of texts in one Arrow array, read like a tuple of strings: some 13 bytes for a short id instead of 60."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PIECE = 1 << 16
"""Texts that stand in memory as Python strings at a time."""


class StringColumn(Sequence[str]):
    """Texts in order, such as the ids of all sessions; equal to any sequence of the same texts.

    Parameters
    ----------
    texts : iterable of str, or arrow array of str
        An array is not copied; it has no missing values.

    Examples
    --------
    >>> ids = StringColumn(["anna", "ben", "carl"])
    >>> ids[-1], ids.index("ben"), "dora" in ids, ids[:2] == ("anna", "ben")
    ('carl', 1, False, True)
    """

    __slots__ = ("array",)
    array: pa.StringArray

    def __init__(self, texts: Iterable[str] | pa.Array | pa.ChunkedArray) -> None:
        if isinstance(texts, StringColumn):
            texts = texts.array
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        if not isinstance(texts, pa.Array):
            texts = pa.array(texts if isinstance(texts, (list, tuple)) else list(texts), pa.string())
        self.array = texts

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> StringColumn: ...
    def __getitem__(self, index: int | slice) -> str | StringColumn:
        if isinstance(index, slice):
            return StringColumn(self.array[index])
        return str(self.array[int(index)])

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.array), PIECE):
            yield from self.array.slice(start, PIECE).to_pylist()

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self._find(text) >= 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StringColumn):
            return bool(self.array.equals(other.array))
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(text == another for text, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        few = ", ".join(map(repr, self[:3]))
        return f"StringColumn([{few}{', …' if len(self) > 3 else ''}], {len(self):,} texts)"

    def __reduce__(self) -> tuple[Any, ...]:
        # A slice would carry the texts of the whole column along.
        return StringColumn, (pa.concat_arrays([self.array]),)

    def digest_bytes(self) -> Iterator[memoryview]:
        """The texts as UTF-8, each with its length before it in four bytes, many at a time."""
        for start in range(0, len(self.array), PIECE):
            texts = self.array.slice(start, PIECE).cast(pa.binary())
            lengths = pc.binary_length(texts).to_numpy().astype("<i4")
            prefixes = pa.Array.from_buffers(pa.binary(4), len(lengths), [None, pa.py_buffer(lengths)])
            joined = pc.binary_join_element_wise(prefixes.cast(pa.binary()), texts, b"")
            offsets = np.frombuffer(joined.buffers()[1], np.int32, len(joined) + 1, 4 * joined.offset)
            yield memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]]

    def __arrow_array__(self, type: Any = None) -> pa.Array:
        return self.array if type is None else self.array.cast(type)

    def index(self, text: str, start: int = 0, stop: int | None = None) -> int:
        """Position of the first text that is this one.

        Parameters
        ----------
        text : str
        start : int
        stop : int or None
            Look from `start` to before `stop`.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            There is none.
        """
        first, end, _ = slice(start, stop).indices(len(self))
        position = self._find(text, first, end) if isinstance(text, str) else -1
        if position < 0:
            raise ValueError(f"{text!r} is not in the column")
        return position

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> StringColumn:
        """The texts in these rows, in this order."""
        return StringColumn(self.array.take(pa.array(np.asarray(rows, np.int64))))

    def filter(self, mask: npt.NDArray[np.bool_]) -> StringColumn:
        """The texts where a mask (N,) is true."""
        return self if mask.all() else StringColumn(self.array.filter(pa.array(mask)))

    def is_in(self, texts: Collection[str]) -> npt.NDArray[np.bool_]:
        """(N,) which of the texts are among some others."""
        matches = pc.is_in(self.array, value_set=pa.array(list(texts), pa.string()))
        return np.asarray(matches.to_numpy(zero_copy_only=False), np.bool_)

    def _find(self, text: str, start: int = 0, stop: int | None = None) -> int:
        """Position of a text; -1 where there is none."""
        stop = len(self) if stop is None else stop
        row = pc.index(self.array.slice(start, max(stop - start, 0)), pa.scalar(text, pa.string())).as_py()
        return -1 if row < 0 else start + int(row)
