"""Sizes of the pages of a Parquet file, read from the pages themselves: its footer may say anything.

A page begins with a header in Thrift's compact protocol (parquet.thrift, PageHeader). Nothing is unpacked here, and
Arrow unpacks no more than a header says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any, NamedTuple

HEADER = 1 << 16
"""Bytes in which a page's header must end; statistics in it can be long texts."""
UNPACKED, STORED, DATA, DATA_2 = 2, 3, 5, 8
"""Fields of a page's header: bytes after and before unpacking, and what a page of values says, in either version."""
VALUES = 1
"""Field of that: how many there are."""
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
NUMBERS = (4, 5, 6)
DEEPEST = 16


class ParquetPage(NamedTuple):
    """What the header of a page says.

    Attributes
    ----------
    column : str
    size : int
        Bytes once it is unpacked.
    values : int
        Rows, or items of lists; 0 for a dictionary.
    """

    column: str
    size: int
    values: int


def pages(file: IO[bytes], groups: Iterable[Any], columns: Collection[str] | None = None) -> Iterator[ParquetPage]:
    """Every page of some row groups.

    Parameters
    ----------
    file : binary file
    groups : iterable of pyarrow.parquet.RowGroupMetaData
        From its footer.
    columns : collection of str or None
        Only of these; None: of all.

    Yields
    ------
    ParquetPage
        Chunk by chunk, the dictionary first.

    Raises
    ------
    ValueError
        A header is damaged.
    """
    for group in groups:
        for chunk in map(group.column, range(group.num_columns)):
            name = chunk.path_in_schema
            if columns is None or name in columns or name.split(".")[0] in columns:
                yield from _pages(file, chunk)


def _pages(file: IO[bytes], chunk: Any) -> Iterator[ParquetPage]:
    """The pages of a column chunk."""
    offsets = [offset for offset in (chunk.dictionary_page_offset, chunk.data_page_offset) if offset]
    position = min(offsets, default=0)  # of a chunk without rows one of them is 0 or both are
    end = position + chunk.total_compressed_size if offsets else position
    while position < end:
        file.seek(position)
        header = _Header(file.read(HEADER))
        numbers = header.fields()
        unpacked, stored = (numbers.get((field,), -1) for field in (UNPACKED, STORED))
        values = max(numbers.get((field, VALUES), 0) for field in (DATA, DATA_2))
        if min(unpacked, stored, values) < 0:
            raise ValueError("a page has no size")
        yield ParquetPage(chunk.path_in_schema, unpacked, values)
        position += header.position + stored


class _Header:
    """A struct of Thrift's compact protocol."""

    def __init__(self, content: bytes) -> None:
        self._content, self.position = content, 0

    def fields(self, outer: tuple[int, ...] = ()) -> dict[tuple[int, ...], int]:
        """The whole numbers of a struct and of those in it, by the path of their fields; all else is passed over."""
        if len(outer) > DEEPEST:
            raise ValueError("a page's header is nested too deeply")
        numbers: dict[tuple[int, ...], int] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._number()
            kind = head & 15
            if kind in NUMBERS:
                numbers[(*outer, number)] = self._number()
            elif kind == STRUCT:
                numbers |= self.fields((*outer, number))
            else:
                self._skip(kind, (*outer, number))
        return numbers

    def _skip(self, kind: int, outer: tuple[int, ...]) -> None:
        if kind in (TRUE, FALSE):
            return
        if kind == BYTE:
            self.position += 1
        elif kind == DOUBLE:
            self.position += 8
        elif kind in NUMBERS:
            self._number()
        elif kind == BINARY:
            length = self._varint()
            self.position += length
        elif kind in (LIST, SET):
            head = self._byte()
            count = head >> 4 if head >> 4 != 15 else self._varint()
            for _ in range(min(count, HEADER)):
                self._skip_element(head & 15, outer)
        elif kind == STRUCT:
            self.fields(outer)
        else:
            raise ValueError("a page's header is damaged")

    def _skip_element(self, kind: int, outer: tuple[int, ...]) -> None:
        """An element of a list, where a truth takes a byte."""
        self._skip(BYTE if kind in (TRUE, FALSE) else kind, (*outer, 0))

    def _byte(self) -> int:
        if self.position >= len(self._content):
            raise ValueError("a page's header is cut")
        self.position += 1
        return self._content[self.position - 1]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            digit = self._byte()
            number |= (digit & 127) << shift
            if digit < 128:
                return number
            shift += 7
            if shift > 63:
                raise ValueError("a page's header is damaged")

    def _number(self) -> int:
        """A signed number (zigzag)."""
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
