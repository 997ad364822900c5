"""Read files of rows with types as Arrow tables: Parquet, JSON and Excel, only the columns that are needed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.json_files import no_columns, read_json
from streamrec_core.data.importers.nested import column_names, resolve, take_column
from streamrec_core.data.importers.parquet_files import parquet_schema, read_parquet
from streamrec_core.data.importers.rows import MOSTLY_DIFFERENT, BadRows, Rows, check_columns
from streamrec_core.data.importers.sources import file_kind, plain_file
from streamrec_core.data.importers.workbook_formulas import refuse_columns
from streamrec_core.data.importers.workbooks import read_workbook
from streamrec_core.data.long_columns import numbered

SCHEMA_ROWS = 1000
"""Rows of a workbook among which the header stands."""


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
    kind = file_kind(path)
    with plain_file(path) as plain:
        if kind == "parquet":
            return parquet_schema(plain, path)
        if kind == "json":
            return read_json(plain, path, BadRows(), no_columns).schema
        return read_workbook(plain, path, BadRows(), sheet, most=SCHEMA_ROWS)[0].schema


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
    names: dict[str, str] = {}

    def choose(schema: pa.Schema) -> dict[str, bool]:
        """The columns that are needed; those that repeat their texts hold each once."""
        names.update({role: resolve(name, schema) or name for role, name in columns_by_role.items()})
        top = {role: name if name in schema.names else name.split(".")[0] for role, name in names.items()}
        for role, column in top.items():
            if column not in schema.names or (names[role] != column and resolve(names[role], schema) is None):
                check_columns(path, {role: columns_by_role[role]}, column_names(schema))
            check_columns(path, {role: column}, tuple(schema.names))
        plain_text = {top[role] for role in top if role in MOSTLY_DIFFERENT}
        return {column: column not in plain_text for column in dict.fromkeys(top.values())}

    numbers: IntArray | None = None
    with plain_file(path) as plain:
        if kind == "parquet":
            table = read_parquet(plain, path, choose(parquet_schema(plain, path)))
        elif kind == "json":
            table = read_json(plain, path, bad, choose)
        else:
            table, numbers = read_workbook(plain, path, bad, sheet)
            refuse_columns(path, table.schema, list(choose(table.schema)))
    columns = {columns_by_role[role]: take_column(table, name, path) for role, name in names.items()}
    return Rows(path, numbered(len(table)) if numbers is None else numbers, columns)


def read_table(path: Path, bad: BadRows, sheet: str = "", most: int | None = None) -> pa.Table:
    """Read all columns of a JSON or Excel file.

    Parameters
    ----------
    path : Path
    bad : BadRows
        Receives lines of JSON that cannot be read.
    sheet : str
        Of a workbook; empty: the first with cells.
    most : int or None
        Rows of a workbook at most; None: all.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    BadInput
        The file is broken or empty, or the workbook has no such sheet.
    """
    with plain_file(path) as plain:
        if file_kind(path) == "xlsx":
            return read_workbook(plain, path, bad, sheet, most)[0]
        return read_json(plain, path, bad)
