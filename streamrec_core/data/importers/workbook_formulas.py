"""Formulas of an Excel workbook without stored values, as programs write them that compute nothing: refused.

A spreadsheet program stores the value of each formula beside it; only that value can be imported.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from streamrec_core.errors import BadInput

SEARCHED = 100
"""First rows that are searched: who writes a column without values does so from its first row."""
FIRST_CELL = b"formula without a value"
"""Key of a column's metadata: its first cell whose formula has no value."""


class Cell(NamedTuple):
    """A cell whose formula has no stored value.

    Attributes
    ----------
    row : int
        From 1, as the sheet counts.
    column : int
        From 0.
    name : str
        Such as B2.
    """

    row: int
    column: int
    name: str


def formulas_without_value(archive: zipfile.ZipFile, sheet: Any) -> list[Cell]:
    """Find the formulas without stored values in the first rows of a sheet.

    Parameters
    ----------
    archive : ZipFile
        The workbook.
    sheet : openpyxl worksheet, read only

    Returns
    -------
    list of Cell
    """
    from openpyxl.utils.cell import coordinate_to_tuple
    from openpyxl.xml.functions import iterparse

    cells, rows = [], 0
    with archive.open(sheet._worksheet_path) as source:  # openpyxl gives either formulas or values, never both
        for _, element in iterparse(source):
            kind = _local(element.tag)
            if kind == "c" and element.get("r") and _lacks_value(element):
                row, column = coordinate_to_tuple(element.get("r"))
                cells.append(Cell(row, column - 1, element.get("r")))
            rows += kind == "row"
            if rows == SEARCHED:
                break
    return cells


def _lacks_value(cell: Any) -> bool:
    """Whether a cell has a formula and no value; a text of no characters is a value."""
    parts = {_local(part.tag): part.text for part in cell}
    return "f" in parts and not parts.get("v") and cell.get("t") != "str"


def _local(tag: str) -> str:
    """A tag without its namespace, which differs between strict and usual workbooks."""
    return tag.rpartition("}")[2]


def refuse_header(path: Path, cells: list[Cell], header_row: int) -> None:
    """Refuse a sheet whose column names are formulas without values, so that another row looked like the header.

    Parameters
    ----------
    path : Path
    cells : list of Cell
    header_row : int
        The row that was read as column names.

    Raises
    ------
    BadInput
        A row above has several such cells.
    """
    in_row = Counter(cell.row for cell in cells if cell.row < header_row)
    for cell in cells:
        if in_row[cell.row] > 1:  # a title above a table is a single cell
            raise without_values(path, cell.name)


def refuse_columns(path: Path, schema: pa.Schema, names: list[str]) -> None:
    """Refuse columns that are needed and have formulas without values.

    Parameters
    ----------
    path : Path
    schema : pyarrow.Schema
        As `read_workbook` gives it.
    names : list of str

    Raises
    ------
    BadInput
        Names the first such cell.
    """
    for name in names:
        if cell := (schema.field(name).metadata or {}).get(FIRST_CELL):
            raise without_values(path, cell.decode())


def without_values(path: Path, cell: str) -> BadInput:
    """The error that says how to store values.

    Parameters
    ----------
    path : Path
    cell : str
        The first cell that lacks one, such as B2.

    Returns
    -------
    BadInput
    """
    message = f"holds formulas without values, as in cell {cell}; save it in a spreadsheet program first, or export CSV"
    return BadInput(message, path=path, value=cell)
