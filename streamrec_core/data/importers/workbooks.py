"""Read a sheet of an Excel workbook as columns of text, row by row."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.limits import budget
from streamrec_core.data.importers.rows import BadRows, name_list, quoted
from streamrec_core.data.importers.sources import FAULTS
from streamrec_core.data.importers.workbook_formulas import (
    FIRST_CELL,
    Cell,
    formulas_without_value,
    refuse_header,
    without_values,
)
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

BATCH = 10_000
"""Rows that are held as cells at a time."""
BROKEN = (*FAULTS, ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError, AssertionError)
"""What openpyxl raises for broken workbooks."""


def sheet_names(plain: Path) -> tuple[str, ...]:
    """The sheets of a workbook that is not compressed."""
    with _opened(plain) as book:
        return tuple(sheet.title for sheet in book.worksheets)


def read_workbook(
    plain: Path, path: Path, bad: BadRows, sheet: str = "", most: int | None = None
) -> tuple[pa.Table, IntArray]:
    """Read a sheet, or the first with cells; its first row with several cells has the column names.

    Parameters
    ----------
    plain : Path
        The file, unpacked.
    path : Path
        What messages call it.
    bad : BadRows
        Receives rows with cells beyond the header.
    sheet : str
        Empty: the first with cells.
    most : int or None
        Rows at most; None: all.

    Returns
    -------
    pyarrow.Table, (R,) int64
        Columns of text, whose metadata names a formula without a value (`refuse_columns`); and the row of the sheet
        that each row is.

    Raises
    ------
    BadInput
        The file is broken, empty or too large, has no such sheet, or formulas without values instead of names or rows.
    """
    try:
        with zipfile.ZipFile(plain) as archive:
            size = sum(member.file_size for member in archive.infolist())
        budget().refuse_large(path, size, "workbooks")
        with _opened(plain) as book, zipfile.ZipFile(plain) as archive:
            for each in _selected(book, sheet, path):
                cells = _Sheet(path, bad)
                for rows in _batches(each.iter_rows(values_only=True), most):
                    cells.add(rows)
                    budget().count_rows(path, cells.seen)
                    report_progress(f"Reading {path.name}")
                formulas = formulas_without_value(archive, each)
                if cells.filled:
                    return cells.table(formulas)
                if formulas:
                    raise without_values(path, formulas[0].name)
    except BadInput:
        raise
    except BROKEN as error:
        raise BadInput(f"is not readable as a workbook ({error}); save it again", path=path) from None
    raise BadInput("is empty; give a file with rows in it", path=path)


@contextmanager
def _opened(plain: Path) -> Iterator[Workbook]:
    from openpyxl import load_workbook

    # Opened here, since openpyxl leaves a file open that it refuses.
    with plain.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and validations that do not matter here
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


def _selected(book: Workbook, sheet: str, path: Path) -> list[Any]:
    names = [each.title for each in book.worksheets]
    if sheet and sheet not in names:
        message = f"has no sheet {quoted(sheet)}; it has {name_list(tuple(names))}"
        raise BadInput(message, path=path, fields=["sheet"], value=sheet, allowed=names)
    return [each for each in book.worksheets if not sheet or each.title == sheet]


def _batches(rows: Iterator[tuple[Any, ...]], most: int | None) -> Iterator[list[tuple[Any, ...]]]:
    rows = islice(rows, most) if most is not None else rows
    while batch := list(islice(rows, BATCH)):
        yield batch


@dataclass(eq=False)
class _Sheet:
    """The rows of one sheet: those before the header are passed over, then each is a row of texts."""

    path: Path
    bad: BadRows
    seen: int = 0
    filled: bool = False
    _above: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _columns: list[int] = field(default_factory=list)
    _width: int = 0
    _header_row: int = 0
    _numbers: list[int] = field(default_factory=list)
    _cells: list[list[str]] = field(default_factory=list)
    _parts: list[list[Any]] = field(default_factory=list)

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        for row in rows:
            self.seen += 1
            count = sum(cell is not None for cell in row)
            self.filled |= count > 0
            if self._columns:
                self._add_row(self.seen, row)
            elif count > 1:
                self._begin(self.seen, row)
                self._above = []
            elif self._above or count:  # until a row has several cells, the first with one may be the header
                self._above.append((self.seen, row))
        self._flush()

    def table(self, formulas: list[Cell]) -> tuple[pa.Table, IntArray]:
        if not self._columns:
            (number, first), *rest = self._above
            self._begin(number, first)
            for number, row in rest:
                self._add_row(number, row)
            self._flush()
        refuse_header(self.path, formulas, self._header_row)
        if formulas and not self._numbers:
            raise without_values(self.path, formulas[0].name)
        arrays = [pa.chunked_array(parts, pa.string()) for parts in self._parts]
        first_cells = {cell.column: cell.name for cell in reversed(formulas) if cell.row > self._header_row}
        schema = pa.schema(
            pa.field(name, pa.string(), metadata={FIRST_CELL: first_cells[column]} if column in first_cells else None)
            for name, column in zip(self._names, self._columns, strict=True)
        )
        return pa.Table.from_arrays(arrays, schema=schema), np.array(self._numbers, np.int64)

    def _begin(self, number: int, header: tuple[Any, ...]) -> None:
        self._header_row = number
        self._columns = [number for number, cell in enumerate(header) if cell is not None]
        self._names = [str(header[number]).strip() for number in self._columns]
        self._width = len(header)
        self._cells, self._parts = [[] for _ in self._columns], [[] for _ in self._columns]

    def _add_row(self, number: int, row: tuple[Any, ...]) -> None:
        if any(cell is not None for cell in row[self._width :]):
            self.bad.add_line(self.path, number, f"has more than {self._width} cells, as the row of column names has")
            return
        if all(cell is None for cell in row):  # an empty line, or cells that only have a format
            return
        self._numbers.append(number)
        for cells, column in zip(self._cells, self._columns, strict=True):
            cells.append(_cell(row[column]) if column < len(row) else "")

    def _flush(self) -> None:
        for parts, cells in zip(self._parts, self._cells, strict=True):
            parts.append(pa.array(cells, pa.string()))
            cells.clear()


def _cell(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
