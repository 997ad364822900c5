"""Rows of a file as columns, each with its line number, and the count of those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.errors import BadInput

BoolArray = npt.NDArray[np.bool_]

NOTED = 5
"""So many faulty rows are named; the rest are counted."""
LISTED = 20
WIDEST = 40


class BadRowsFound(BadInput):
    """Some rows cannot be used, and nobody has agreed to leave them out.

    Attributes
    ----------
    count : int
    notes : tuple of str
        The first few by file and line.
    """

    def __init__(self, message: str, count: int, notes: tuple[str, ...]) -> None:
        super().__init__(message)
        self.count, self.notes = count, notes


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows of one file.

    Attributes
    ----------
    origin : str
        The file, as messages name it.
    line_numbers : (R,) int64
        Line of each row in the file, or its number where the file has no lines (Parquet), from 1.
    columns : mapping of str to arrow column
        Strings, or whatever type a Parquet file gives.
    unit : str
        What `line_numbers` count: line or row.
    """

    origin: str
    line_numbers: IntArray
    columns: Mapping[str, Any]
    unit: str = "line"

    def __len__(self) -> int:
        return len(self.line_numbers)

    def text(self, name: str) -> Any:
        """A column as strings without spaces around them; missing values are empty."""
        try:
            return pc.utf8_trim_whitespace(_strings(self.columns[name]))
        except pa.ArrowException as error:
            kind = self.columns[name].type
            raise BadInput(f"{self.origin}: column {name!r} of type {kind} cannot be read as text ({error})") from None


@dataclass(eq=False)
class BadRows:
    """Rows that cannot be used: how many, and the first few by file and line."""

    count: int = 0
    _noted: list[tuple[int, int, str]] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)

    def add(self, rows: Rows, faulty: IntArray, describe_fault: Callable[[int], str]) -> None:
        """Count the rows at the places `faulty` of `rows`; `describe_fault` words what is wrong with one of them."""
        self.count += len(faulty)
        for row in faulty[:NOTED].tolist():
            line = int(rows.line_numbers[row])
            self.note(rows.origin, line, f"{rows.unit} {line}: {describe_fault(row)}")

    def add_line(self, origin: str, line: int, fault: str) -> None:
        """Count one line that could not even be divided into fields."""
        self.count += 1
        self.note(origin, line, f"line {line}: {fault}")

    def note(self, origin: str, line: int, words: str) -> None:
        """Keep the words if the row is among the first few of its file."""
        if origin not in self._files:
            self._files.append(origin)
        self._noted.append((self._files.index(origin), line, f"{origin}, {words}"))
        self._noted = sorted(self._noted)[:NOTED]

    @property
    def notes(self) -> tuple[str, ...]:
        """The first few faulty rows in words."""
        return tuple(words for _, _, words in self._noted)

    def settle(self, skip: bool) -> None:
        """Go on only where nothing is wrong or the user agreed to leave faulty rows out.

        Raises
        ------
        BadRowsFound
            There are faulty rows and `skip` is off; the first is named and the others are counted.
        """
        if self.count and not skip:
            rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
            more = f" (also {' | '.join(self.notes[1:])})" if len(self.notes) > 1 else ""
            message = f"{self.notes[0]}; mend it, or add --skip-bad-rows to leave {rows} out{more}"
            raise BadRowsFound(message, self.count, self.notes)


@dataclass(eq=False)
class RowMask:
    """Which rows of one file are good; a faulty one is counted once, under its first fault."""

    rows: Rows
    bad: BadRows
    good: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        self.good = np.ones(len(self.rows), np.bool_)

    def reject(self, faulty: BoolArray, describe_fault: Callable[[int], str]) -> None:
        """Leave out the rows where `faulty` (R,) holds; `describe_fault` words what is wrong with one of them."""
        self.bad.add(self.rows, np.flatnonzero(faulty & self.good), describe_fault)
        self.good &= ~faulty


def quoted(value: object) -> str:
    """A value from a file, quoted, on one line and not too long for a message."""
    text = str(value)
    return repr(text if len(text) <= WIDEST else f"{text[:WIDEST]}…")


def name_list(names: tuple[str, ...]) -> str:
    """Column names for a message, the first twenty of them."""
    plain = [name if name.isprintable() and 0 < len(name) <= WIDEST else quoted(name) for name in names[:LISTED]]
    return ", ".join(plain) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def check_columns(origin: str, columns_by_role: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Check that each wanted column (what it is for -> its name) is there exactly once.

    Raises
    ------
    BadInput
        A column is missing or stands twice; the message lists the columns that exist.
    """
    for purpose, name in columns_by_role.items():
        if name not in names:
            raise BadInput(f"{origin} has no column {quoted(name)} for the {purpose}; it has {name_list(names)}")
        if names.count(name) > 1:
            raise BadInput(f"{origin} has {names.count(name)} columns {quoted(name)}; rename all but one")


def empty(column: Any) -> BoolArray:
    """(R,) whether a text is empty."""
    return booleans(pc.equal(column, ""))


def booleans(column: Any) -> BoolArray:
    """An arrow column of truth values as numpy."""
    return np.asarray(
        column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy(), np.bool_
    )


def _strings(column: Any) -> Any:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.cast(kind.value_type))
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
        column = _integers(column)
    return column.cast(pa.string()).fill_null("")


def _integers(column: Any) -> Any:
    """Whole numbers without the `.0` that a missing value somewhere in the column gave them."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
