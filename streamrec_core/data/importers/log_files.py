"""Read the files of a log as one table of rows: any kind of file, several of them, lists and ids of two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from streamrec_core.data.importers.coded import plain_text
from streamrec_core.data.importers.encoding import find_encoding
from streamrec_core.data.importers.imported import ImportSettings
from streamrec_core.data.importers.nested import explode, lists_as_json, resolve
from streamrec_core.data.importers.rows import MISSING, BadRows, Rows
from streamrec_core.data.importers.sources import file_kind, find_files
from streamrec_core.data.importers.tables import read_rows, table_schema
from streamrec_core.data.importers.text import Quotes, find_layout, header, numbered_columns, read_text
from streamrec_core.data.long_columns import concatenated
from streamrec_core.errors import BadInput

JOIN = "+"
"""Between the columns that make an id together, as in `user+date`."""
SEPARATORS = ("/", "|", "::", " / ", " | ")


class FileSettings(ImportSettings):
    """How the files of a log are read.

    Attributes
    ----------
    item_column : str
    delimiter : str
        Empty: found by looking at the first line.
    header : bool
        Without one, columns are called 1, 2, 3, ...
    quotes : str
        Whether double quotes enclose fields of a text file: auto looks at the file, always or never.
    comment : str
        Beginning of lines to pass over; empty: `#`, where the file begins with such lines.
    missing_values : tuple of str
        Words that stand for no value.
    list_separator : str
        What divides several items in one cell; lists of Parquet and JSON are divided without it.
    sheet : str
        Of Excel workbooks; empty: the first with cells.
    """

    item_column: str = Field(min_length=1)
    delimiter: str = ""
    header: bool = True
    quotes: Quotes = "auto"
    comment: str = ""
    missing_values: tuple[str, ...] = MISSING
    list_separator: str = ""
    sheet: str = ""


def read_log(paths: Sequence[Path], settings: FileSettings, columns_by_role: dict[str, str], bad: BadRows) -> Rows:
    """Read the columns of all files of a log.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    settings : FileSettings
    columns_by_role : dict of str to str
        What each column is for -> its name; `a+b` joins two columns.
    bad : BadRows
        Receives the rows that cannot be used.

    Returns
    -------
    Rows

    Raises
    ------
    BadInput
        A file or column is missing, or lists of a row have different lengths.
    """
    listed = find_files(paths)
    files = tuple(path for path in listed if path.stat().st_size) or listed[:1]
    parts = [_read_file(path, settings, columns_by_role, bad) for path in files]
    empty_files = len(listed) - len(files) + sum(not len(part) and not part.empty_rows for part in parts)
    if len(parts) == 1:
        return replace(parts[0], empty_files=empty_files)
    whole = _stacked_rows(dict(enumerate(parts)), list(dict.fromkeys(columns_by_role.values())), files)
    whole = replace(whole, empty_files=empty_files)
    empty = {number: part.without_items for number, part in enumerate(parts) if part.without_items is not None}
    if not empty:
        return whole
    shared = [name for name in whole.columns if all(name in part.columns for part in empty.values())]
    return replace(whole, without_items=_stacked_rows(empty, shared, files))


def _stacked_rows(parts: Mapping[int, Rows], names: Sequence[str], files: tuple[Path, ...]) -> Rows:
    """Rows of several files, each by its number, as those of one log."""
    listed = list(parts.values())
    return replace(
        listed[0],
        line_numbers=concatenated([part.line_numbers for part in listed], np.int64),
        columns={name: _stacked(listed, name) for name in names},
        comment_lines=sum(part.comment_lines for part in listed),
        joined_lines=sum(part.joined_lines for part in listed),
        without_items=None,
        files=files,
        file_of=concatenated(
            [np.broadcast_to(np.int64(number), len(part)) for number, part in parts.items()], np.int64
        ),
    )


def read_file(path: Path, settings: FileSettings, columns_by_role: dict[str, str], bad: BadRows) -> Rows:
    """Read columns of one file as they stand in it.

    Parameters
    ----------
    path : Path
    settings : FileSettings
    columns_by_role : dict of str to str
        What each column is for -> its name.
    bad : BadRows

    Returns
    -------
    Rows
    """
    if path.is_dir():
        raise BadInput("is a folder; give a file", path=path)
    if file_kind(path) != "text":
        return replace(read_rows(path, columns_by_role, bad, settings.sheet), missing=settings.missing_values)
    layout = find_layout(path, _encoding(path, settings), settings.delimiter, settings.quotes, settings.comment)
    if not settings.header:
        layout = numbered_columns(path, layout)
    return replace(read_text(path, layout, columns_by_role, bad), missing=settings.missing_values)


def _encoding(path: Path, settings: FileSettings) -> str:
    return find_encoding(path, (settings.encoding or "utf-8",))


def _read_file(path: Path, settings: FileSettings, columns_by_role: dict[str, str], bad: BadRows) -> Rows:
    joined = {name: name.split(JOIN) for name in columns_by_role.values() if JOIN in name}
    joined = {name: parts for name, parts in joined.items() if not _has_column(path, settings, name)}
    single = {role: name for role, name in columns_by_role.items() if name not in joined}
    for role, name in columns_by_role.items():
        for number, part in enumerate(joined.get(name, ())):
            single[role if not number else f"{role} ({number + 1})"] = part.strip()
    rows = explode(read_file(path, settings, single, bad), settings.item_column, settings.list_separator)
    if category := single.get("category", ""):
        rows = lists_as_json(rows, category)  # several categories of one item
    return replace(
        _with_joined(rows, joined), without_items=rows.without_items and _with_joined(rows.without_items, joined)
    )


def _with_joined(rows: Rows, joined: Mapping[str, list[str]]) -> Rows:
    """The same with the ids of several columns, where the rows have these."""
    there = {name: parts for name, parts in joined.items() if all(part.strip() in rows.columns for part in parts)}
    return replace(rows, columns={**rows.columns, **{name: _together(rows, parts) for name, parts in there.items()}})


def _has_column(path: Path, settings: FileSettings, name: str) -> bool:
    if file_kind(path) != "text":
        return resolve(name, table_schema(path, settings.sheet)) is not None
    layout = find_layout(path, _encoding(path, settings), settings.delimiter, settings.quotes, settings.comment)
    return name in header(path, layout)


def _together(rows: Rows, parts: list[str]) -> Any:
    """Texts of several columns as one id; missing where one of them is."""
    texts = [plain_text(rows.ids(part.strip())) for part in parts]
    separator = next(
        (mark for mark in SEPARATORS if not any(pc.any(pc.match_substring(text, mark)).as_py() for text in texts)),
        SEPARATORS[-1],
    )
    complete = np.ones(len(rows), np.bool_)
    for text in texts:
        complete &= np.asarray(pc.not_equal(text, ""))
    return pc.if_else(pa.array(complete), pc.binary_join_element_wise(*texts, separator), "")


def _stacked(parts: list[Rows], name: str) -> Any:
    columns = [part.columns[name] for part in parts]
    if len({str(column.type) for column in columns}) > 1:
        columns = [part.text(name) for part in parts]
    chunks = [chunk for c in columns for chunk in (c.chunks if isinstance(c, pa.ChunkedArray) else [c])]
    return pa.chunked_array(chunks, columns[0].type)
