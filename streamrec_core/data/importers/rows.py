"""Rows of a file as columns with line numbers, and the faulty rows: counted, described, skipped on consent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import SLICE, BoolArray, chunks, one_dictionary, renamed
from streamrec_core.data.long_columns import LongTexts
from streamrec_core.errors import BadInput

MOSTLY_DIFFERENT = ("time", "order")
"""Roles of columns that hardly repeat a text: these are not coded."""

NOTED = 5
"""So many faulty rows are named; the rest are counted."""
MISSING = (
    *("NULL", "null", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "None", "none", "nil", "\\N"),
    *("undefined", "(null)", "(none)", "(not set)"),
)
"""Words that usually stand for no value: of databases, pandas, R, spreadsheets and web analytics."""
FLOAT_ID = r"^-?[0-9]+\.0*$"
NUMBER_ID = r"^(-?[0-9]+(\.0*)?)?$"
LISTED = 20
UUID_BYTES = 16
WIDEST = 40


class BadRowsFound(BadInput):
    """Some rows cannot be used, and nobody has agreed to leave them out.

    Attributes
    ----------
    count : int
    faults : tuple of BadInput
        The first few, each with its file, line and message.
    """

    def __init__(self, count: int, faults: tuple[BadInput, ...], fields: Sequence[str]) -> None:
        super().__init__(faults[0].message, path=faults[0].path, line=faults[0].line, fields=fields)
        self.count, self.faults = count, faults

    def text(self, show_path: Callable[[Path], str] = str) -> str:
        """The first faults by file and line, and what to do."""
        first, *rest = (fault.text(show_path) for fault in self.faults)
        also = f" (also {' | '.join(rest)})" if rest else ""
        return f"{first}{also}; " + (
            "fix the row, or skip it" if self.count == 1 else f"fix the {self.count:,} rows, or skip them"
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows of one file.

    Attributes
    ----------
    path : Path
        The file.
    line_numbers : (R,) int64
        Line of each row in the file, or its number where the file has no lines (Parquet), from 1.
    columns : mapping of str to arrow column
        Strings, or whatever type a Parquet file gives.
    comment_lines, joined_lines : int
        Lines that are comments, and lines that continue the row before them.
    empty_files : int
        Files of a log of several that hold no row.
    missing : tuple of str
        Words that stand for no value.
    files : tuple of Path
        The files of a log of several; then `path` is the first.
    file_of : (R,) int64 or None
        Number of the file of each row; None: `path`.
    without_items : Rows or None
        Rows of the files whose lists of items are empty, with the columns that are no lists; None: there are none.
    """

    path: Path
    line_numbers: IntArray
    columns: Mapping[str, Any]
    comment_lines: int = 0
    joined_lines: int = 0
    empty_files: int = 0
    missing: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    file_of: IntArray | None = None
    without_items: Rows | None = None

    def __len__(self) -> int:
        return len(self.line_numbers)

    @property
    def empty_rows(self) -> int:
        """How many rows of the files list no item."""
        return 0 if self.without_items is None else len(self.without_items)

    def text(self, name: str) -> Any:
        """A column as strings without spaces around them; missing values are empty."""
        texts = LongTexts(pa.string())
        for piece in self._pieces(name):
            texts.add(self._clean(piece))
        return texts.column()

    def coded(self, name: str) -> Any:
        """The same as a dictionary array: each different text once, in order of first appearance."""
        if not pa.types.is_dictionary(self.columns[name].type):
            return one_dictionary(self._clean(piece) for piece in self._pieces(name))
        pieces = chunks(self.columns[name])
        encoded = pieces[0] if len(pieces) == 1 else one_dictionary(pieces)
        names = Rows(self.path, self.line_numbers, {name: encoded.dictionary}, missing=self.missing).text(name)
        indices = encoded.indices
        if indices.null_count:
            names, indices = pa.chunked_array([*names.chunks, pa.array([""])]), indices.fill_null(len(names))
        elif names.equals(pa.chunked_array([encoded.dictionary])):
            return encoded
        return renamed(indices, names.combine_chunks())

    def location(self, row: int) -> tuple[Path, int]:
        """File and line of a row."""
        path = self.path if self.file_of is None else self.files[int(self.file_of[row])]
        return path, int(self.line_numbers[row])

    def ids(self, name: str) -> Any:
        """A column of ids, coded: as text, but 12 where a program that keeps numbers as floats wrote 12.0 in all."""
        coded = self.coded(name)
        names = whole_numbers(coded.dictionary)
        return coded if names is coded.dictionary else renamed(coded.indices, names)

    def missing_word(self, name: str, row: int) -> str:
        """In words, what a cell holds that stands for no value, as in ` ('NULL' stands for a missing value)`.

        Parameters
        ----------
        name : str
            Of the column.
        row : int
            Index of the row.

        Returns
        -------
        str
            Empty where the cell is empty.
        """
        word = str(pc.utf8_trim_whitespace(_strings(self.columns[name].slice(row, 1)))[0])
        return f" ({quoted(word)} stands for a missing value)" if word else ""

    def _pieces(self, name: str) -> Iterator[Any]:
        """The column as strings, some rows at a time where each row can be read by itself."""
        column = self.columns[name]
        step = SLICE if _is_by_row(column.type) else max(len(column), 1)
        try:
            for start in range(0, len(column), step):
                yield from chunks(_strings(column.slice(start, step)))
        except pa.ArrowException as error:
            message = f": column {name!r} of type {column.type} cannot be read as text ({error})"
            raise BadInput(message, path=self.path, value=name) from None

    def _clean(self, text: Any) -> Any:
        """Without spaces around it and without words for missing values; the same array where nothing changes."""
        trimmed = pc.utf8_trim_whitespace(text)
        if pc.sum(pc.binary_length(trimmed)).as_py() == pc.sum(pc.binary_length(text)).as_py():
            trimmed = text
        if not self.missing:
            return trimmed
        missing = pc.is_in(trimmed, value_set=pa.array(self.missing, pa.string()))
        return pc.if_else(missing, "", trimmed) if pc.any(missing).as_py() else trimmed


@dataclass(eq=False)
class BadRows:
    """Rows that cannot be used: how many, and the first few by file and line."""

    count: int = 0
    _first: list[tuple[int, int, BadInput]] = field(default_factory=list)
    _files: list[Path] = field(default_factory=list)
    _fields: dict[str, None] = field(default_factory=dict)

    def add(
        self, rows: Rows, faulty: IntArray, describe_fault: Callable[[int], str], fields: Sequence[str] = ()
    ) -> None:
        """Count faulty rows.

        Parameters
        ----------
        rows : Rows
        faulty : (F,) int64
            Their indices in `rows`.
        describe_fault : callable
            Words what is wrong with the row of an index.
        fields : sequence of str
            Settings that would make the rows usable.
        """
        self.count += len(faulty)
        self._fields |= dict.fromkeys(fields) if len(faulty) else {}
        for row in faulty[:NOTED].tolist():
            path, line = rows.location(row)
            self._keep_first(BadInput(describe_fault(row), path=path, line=line), path, line)

    def add_line(self, path: Path, line: int, fault: str) -> None:
        """Count a line that could not even be divided into fields.

        Parameters
        ----------
        path : Path
        line : int
            From 1.
        fault : str
            What is wrong with it.
        """
        self.count += 1
        self._keep_first(BadInput(fault, path=path, line=line), path, line)

    def _keep_first(self, fault: BadInput, path: Path, line: int) -> None:
        if path not in self._files:
            self._files.append(path)
        self._first.append((self._files.index(path), line, fault))
        self._first = sorted(self._first, key=lambda entry: entry[:2])[:NOTED]

    @property
    def faults(self) -> tuple[BadInput, ...]:
        """The first few faulty rows."""
        return tuple(fault for _, _, fault in self._first)

    @property
    def notes(self) -> tuple[str, ...]:
        """The first few faulty rows in words."""
        return tuple(map(str, self.faults))

    def settle(self, skip: bool) -> None:
        """Go on only where nothing is wrong or the user agreed to skip faulty rows.

        Raises
        ------
        BadRowsFound
            There are faulty rows and `skip` is off; the first few are named and all are counted.
        """
        if self.count and not skip:
            raise BadRowsFound(self.count, self.faults, ["skip_bad_rows", *self._fields])


@dataclass(eq=False)
class RowMask:
    """Which rows of one file are good; a faulty one is counted once, under its first fault."""

    rows: Rows
    bad: BadRows
    good: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        self.good = np.ones(len(self.rows), np.bool_)

    def reject(self, faulty: BoolArray, describe_fault: Callable[[int], str], fields: Sequence[str] = ()) -> None:
        """Leave rows out.

        Parameters
        ----------
        faulty : (R,) bool
        describe_fault : callable
            Words what is wrong with the row of an index.
        fields : sequence of str
            Settings that would make the rows usable.
        """
        self.bad.add(self.rows, np.flatnonzero(faulty & self.good), describe_fault, fields)
        self.good &= ~faulty


def quoted(value: object) -> str:
    """A value from a file, quoted, on one line and not too long for a message."""
    text = str(value)
    return repr(text if len(text) <= WIDEST else f"{text[:WIDEST]}…")


def name_list(names: tuple[str, ...]) -> str:
    """Column names for a message, the first twenty of them."""
    plain = [
        name if name.isprintable() and 0 < len(name.strip("'\"")) == len(name) <= WIDEST else quoted(name)
        for name in names[:LISTED]
    ]
    return ", ".join(plain) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def check_columns(path: Path, columns_by_role: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Check that each column that is needed is there exactly once.

    Parameters
    ----------
    path : Path
        The file.
    columns_by_role : mapping of str to str
        What each column is for -> its name.
    names : tuple of str
        Columns of the file.

    Raises
    ------
    BadInput
        A column is missing or stands twice; the message lists the columns that exist.
    """
    for purpose, name in columns_by_role.items():
        if name not in names:
            message = f"has no column {quoted(name)} for the {purpose}; it has {name_list(names)}"
            raise BadInput(message, path=path, fields=[f"{purpose}_column"], value=name, allowed=names)
        if names.count(name) > 1:
            raise BadInput(f"has {names.count(name)} columns {quoted(name)}; rename all but one", path=path, value=name)


def whole_numbers(text: Any) -> Any:
    """Texts without the `.0` of whole numbers, where all of them are whole numbers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> whole_numbers(pa.array(["12.0", "7"])).to_pylist(), whole_numbers(pa.array(["1.0", "1.1"])).to_pylist()
    (['12', '7'], ['1.0', '1.1'])
    """
    if not pc.any(pc.match_substring_regex(text, FLOAT_ID)).as_py():
        return text
    if not pc.all(pc.match_substring_regex(text, NUMBER_ID)).as_py():
        return text
    return pc.replace_substring_regex(text, r"\.0*$", "")


def empty(column: Any) -> BoolArray:
    """(R,) whether a text is empty."""
    if not pa.types.is_dictionary(column.type):
        return booleans(pc.equal(column, ""))
    of_name = booleans(pc.equal(column.dictionary, ""))
    return of_name[column.indices.to_numpy()] if of_name.any() else np.zeros(len(column), np.bool_)


def _is_by_row(kind: Any) -> bool:
    """Whether a value can be read as text by itself: floats and bytes are read by what all of the column are."""
    if pa.types.is_dictionary(kind):
        return _is_by_row(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)


def booleans(column: Any) -> BoolArray:
    """An arrow column of truth values as numpy."""
    return np.asarray(
        column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy(), np.bool_
    )


def _strings(column: Any) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.cast(kind.value_type))
    if isinstance(kind, pa.BaseExtensionType):
        return _strings(column.cast(kind.storage_type))
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _binary(column)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
        column = _integers(column)
    return column.cast(pa.string()).fill_null("")


def _binary(column: Any) -> Any:
    """Bytes as text: UTF-8 where all of them are, else UUIDs of 16 bytes, else hexadecimal digits."""
    if not pa.types.is_fixed_size_binary(column.type):
        try:
            return column.cast(pa.large_string()).cast(pa.string()).fill_null("")
        except pa.ArrowException:
            pass
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = whole.dictionary_encode()
    names = [_hex(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices).fill_null("")


def _hex(raw: bytes) -> str:
    return str(uuid.UUID(bytes=raw)) if len(raw) == UUID_BYTES else raw.hex()


def _integers(column: Any) -> Any:
    """Whole numbers without the `.0` that a missing value somewhere in the column gave them."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
