"""Read files of rows with types as Arrow tables: Parquet, JSON (DuckDB), and Excel workbooks (openpyxl)."""

from __future__ import annotations

import json
import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.importers.nested import column_names, resolve, take_column
from streamrec_core.data.importers.rows import MOSTLY_DIFFERENT, BadRows, Rows, check_columns, name_list, quoted
from streamrec_core.data.importers.sources import FAULTS, file_kind, plain_file
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

HEADER_ROW = b"header_row"
"""Row of a workbook with the column names, from 1."""
LARGEST_OBJECT = 1 << 28
"""Bytes of one JSON object: a file that is one list is one object."""
EXACT = 2**53
"""From here on a DOUBLE does not hold every whole number."""
EXACT_QUERY = "SELECT * FROM read_json(?, format=?, maximum_object_size=?, columns=?)"
QUERY = (
    "SELECT * FROM read_json(?, format=?, maximum_object_size=?, sample_size=-1, union_by_name=true, "
    "map_inference_threshold=-1, field_appearance_threshold=0)"
)


def table_schema(path: Path, sheet: str = "") -> pa.Schema:
    """Read the columns of a file of rows, with their types.

    Parameters
    ----------
    path : Path
    sheet : str
        Of a workbook; empty: the first with cells.

    Returns
    -------
    pyarrow.Schema
    """
    if file_kind(path) == "parquet":
        with plain_file(path) as plain:
            return _parquet_schema(plain, path)
    return read_table(path, BadRows(), sheet).schema


def read_rows(path: Path, columns_by_role: dict[str, str], bad: BadRows, sheet: str = "") -> Rows:
    """Read columns of a Parquet, JSON or Excel file; rows are counted from 1, an Excel row by its number.

    Parameters
    ----------
    path : Path
    columns_by_role : dict of str to str
        What each column is for -> its name, with dots to a field of a record.
    bad : BadRows
        Receives lines of JSON that cannot be read.
    sheet : str
        Of a workbook; empty: the first with cells.

    Returns
    -------
    Rows
    """
    kind = file_kind(path)
    with plain_file(path) as plain:
        table: pa.Table | None = None if kind == "parquet" else read_table(path, bad, sheet)
        schema: Any = _parquet_schema(plain, path) if table is None else table.schema
        names = {role: resolve(name, schema) or name for role, name in columns_by_role.items()}
        top = [name if name in schema.names else name.split(".")[0] for name in names.values()]
        for (role, name), column in zip(names.items(), top, strict=True):
            if column not in schema.names or (name != column and resolve(name, schema) is None):
                check_columns(path, {role: columns_by_role[role]}, column_names(schema))
            check_columns(path, {role: column}, tuple(schema.names))
        if table is None:
            coded = [
                column
                for role, column in zip(names, top, strict=True)
                if role not in MOSTLY_DIFFERENT and pa.types.is_string(schema.field(column).type)
            ]
            table = _parquet(plain, path, list(dict.fromkeys(top)), coded)
    report_progress(f"Reading {path.name}")
    columns = {columns_by_role[role]: take_column(table, name, path) for role, name in names.items()}
    numbers = np.arange(1, len(table) + 1, dtype=np.int64)
    numbers += int((schema.metadata or {}).get(HEADER_ROW, 0))
    return Rows(path, numbers, columns)


def read_table(path: Path, bad: BadRows, sheet: str = "") -> pa.Table:
    """Read a JSON or Excel file whole.

    Parameters
    ----------
    path : Path
    bad : BadRows
        Receives lines of JSON that cannot be read.
    sheet : str
        Of a workbook; empty: the first with cells.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    BadInput
        The file is broken or empty, or the workbook has no such sheet.
    """
    with plain_file(path) as plain:
        return _workbook(plain, path, sheet) if file_kind(path) == "xlsx" else _json(plain, path, bad)


def _parquet_schema(plain: Path, path: Path) -> pa.Schema:
    try:
        return pq.read_schema(plain)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); write it again", path=path) from None


def _parquet(plain: Path, path: Path, columns: list[str], coded: list[str]) -> pa.Table:
    """Read columns; the coded ones hold each different text once."""
    try:
        table = pq.read_table(plain, columns=columns, partitioning=None, read_dictionary=coded)
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); write it again", path=path) from None
    return table


def _json(plain: Path, path: Path, bad: BadRows) -> pa.Table:
    import duckdb

    with plain.open("rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise BadInput("is empty; give a file with rows in it", path=path)
    form = "array" if start.startswith(b"[") else "newline_delimited"
    try:
        return _query(plain, form)
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
    lines = _good_lines(plain, path, bad) if form == "newline_delimited" else []
    if not lines:
        raise BadInput(f"is not readable as JSON ({fault}); write one object a line, or a list of objects", path=path)
    try:
        good = plain.parent / f".{plain.name}.good" if plain != path else None
        if good is None:
            return pa.Table.from_pylist([json.loads(line) for line in lines])
        good.write_text("".join(lines), encoding="utf-8")
        return _query(good, form)
    except (pa.ArrowException, duckdb.Error) as error:
        raise BadInput(f"is not readable as JSON ({error}); its objects have different types", path=path) from None


def _query(plain: Path, form: str) -> pa.Table:
    """Through DuckDB's own reader; no extension is loaded from elsewhere."""
    import duckdb

    settings: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    with duckdb.connect(config=settings) as connection:
        answer = connection.sql(QUERY, params=[str(plain), form, LARGEST_OBJECT])
        if inexact := _inexact(answer):
            answer = connection.sql(EXACT_QUERY, params=[str(plain), form, LARGEST_OBJECT, inexact])
        kinds = {name: str(kind) for name, kind in zip(answer.columns, answer.types, strict=True)}
        table: Any = answer.to_arrow_table()
    texts = {name: _plain_json(table[name]) for name, kind in kinds.items() if kind == "JSON"}
    for name, column in texts.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _inexact(answer: Any) -> dict[str, str]:
    """Columns as they are to be read where some would lose digits of whole numbers; empty where none would."""
    kinds = {name: str(kind) for name, kind in zip(answer.columns, answer.types, strict=True)}
    decimals = [name for name, kind in kinds.items() if kind == "DOUBLE"]
    quoted_names = ['"' + name.replace('"', '""') + '"' for name in decimals]
    if not decimals:
        return {}
    largest = answer.aggregate(", ".join(f"max(abs({name}))" for name in quoted_names)).fetchall()[0]
    large = {name for name, value in zip(decimals, largest, strict=True) if value is not None and value >= EXACT}
    return {name: "JSON" if name in large else kind for name, kind in kinds.items()} if large else {}


def _plain_json(column: Any) -> Any:
    """Values of several types, as text."""
    values = [None if cell is None else json.loads(cell) for cell in column.to_pylist()]
    return pa.array([json.dumps(v) if isinstance(v, dict | list) else None if v is None else str(v) for v in values])


def _good_lines(plain: Path, path: Path, bad: BadRows) -> list[str]:
    """Lines that are objects; the others are counted."""
    good = []
    with plain.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                is_object = isinstance(json.loads(line), dict)
            except json.JSONDecodeError as error:
                bad.add_line(path, number, f"is not JSON ({error.msg.lower()} at character {error.pos + 1})")
                continue
            if is_object:
                good.append(line if line.endswith("\n") else line + "\n")
            else:
                bad.add_line(path, number, "is no JSON object")
    return good


def sheet_names(plain: Path) -> tuple[str, ...]:
    """The sheets of a workbook that is not compressed."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(plain, read_only=True)
        names = tuple(sheet.title for sheet in book.worksheets)
        book.close()
    return names


def _workbook(plain: Path, path: Path, sheet: str) -> pa.Table:
    """A sheet, or the first with cells; its first row has the column names."""
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that do not matter here
            book = load_workbook(plain, read_only=True, data_only=True)
            names = [each.title for each in book.worksheets]
            if sheet and sheet not in names:
                raise BadInput(
                    f"has no sheet {quoted(sheet)}; it has {name_list(tuple(names))}",
                    path=path,
                    fields=["sheet"],
                    value=sheet,
                    allowed=names,
                )
            selected = [each for each in book.worksheets if not sheet or each.title == sheet]
            sheets = ([list(row) for row in each.iter_rows(values_only=True)] for each in selected)
            rows = next((sheet for sheet in sheets if any(any(c is not None for c in row) for row in sheet)), [])
            book.close()
    except (*FAULTS, KeyError, ValueError, TypeError) as error:
        raise BadInput(f"is not readable as a workbook ({error}); save it again", path=path) from None
    while rows and all(cell is None for cell in rows[-1]):  # cells that only have a format
        rows.pop()
    if not rows:
        raise BadInput("is empty; give a file with rows in it", path=path)
    above = next((number for number, row in enumerate(rows) if sum(cell is not None for cell in row) > 1), 0)
    rows = rows[above:]  # without a title over the table
    names = [str(cell).strip() for cell in rows[0] if cell is not None]
    width = len(rows[0])
    numbers = [number for number, cell in enumerate(rows[0]) if cell is not None]
    cells = [
        [_cell(row[number]) if number < len(row) else "" for row in rows[1:] if len(row) <= width] for number in numbers
    ]
    table = pa.Table.from_arrays([pa.array(column, pa.string()) for column in cells], names=names)
    return table.replace_schema_metadata({HEADER_ROW: str(above + 1)})


def _cell(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
