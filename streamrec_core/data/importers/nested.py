"""Nested columns: a field of a record, the value of a key, and lists with an event in each element."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.importers.coded import plain_text
from streamrec_core.data.importers.limits import budget
from streamrec_core.data.importers.rows import Rows, name_list, quoted
from streamrec_core.errors import BadInput

LIST_TEXT = r"^\s*\[(?s:.*)\]\s*$"
LIST_TYPES = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map)
SHOWN_FIELDS = 6


def column_names(schema: pa.Schema) -> tuple[str, ...]:
    """Name every column that can be read: plain ones, and fields of records with the path to them.

    Examples
    --------
    >>> column_names(pa.schema({"session": pa.int64(), "events": pa.list_(pa.struct({"aid": pa.int64()}))}))
    ('session', 'events.aid')
    """
    return tuple(name for field in schema for name in _paths(field.name, field.type))


def resolve(name: str, schema: pa.Schema) -> str | None:
    """Find the column that a name means: itself, a path, or the only field of that name; None where there is none.

    Parameters
    ----------
    name : str
    schema : pyarrow.Schema

    Returns
    -------
    str or None
    """
    if name in schema.names:
        return name
    top, dot, key = name.partition(".")
    if dot and top in schema.names and _has_path(schema.field(top).type, key):
        return name
    same = [path for path in column_names(schema) if path.rpartition(".")[2] == name]
    return same[0] if len(same) == 1 else None


def take_column(table: pa.Table, name: str, path: Path) -> Any:
    """Read a column by its path; a column inside lists stays a list for each row.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        As `resolve` gave it.
    path : Path
        For messages.

    Returns
    -------
    arrow array, or a column in pieces

    Raises
    ------
    BadInput
        The column is a record or a list of records; the message names its fields and a query that flattens it.
    """
    top, steps = (name, []) if name in table.column_names else (name.split(".")[0], name.split(".")[1:])
    value = table[top]
    if value.num_chunks <= 1 or pa.types.is_nested(value.type):  # a long column of texts or numbers is not copied
        value = _walk(_one_piece(value), steps)
    if _is_list(value.type) and not pa.types.is_map(value.type) and _is_list(value.type.value_type):
        query = f"SELECT * REPLACE (flatten({name}) AS {name}) FROM '{path.name}'"  # noqa: S608  # shown
        message = f": column {quoted(name)} holds lists in lists; flatten it first, for example with DuckDB: {query}"
        raise BadInput(message, path=path, value=name)
    if pa.types.is_map(value.type):
        message = f": column {quoted(name)} maps keys to values; name one of its keys, as in {name}.KEY"
        raise BadInput(message, path=path, value=name)
    inner = value.type.value_type if _is_list(value.type) else value.type
    if pa.types.is_struct(inner):
        fields = tuple(f"{name}.{field.name}" for field in inner)
        query = f"SELECT unnest({name}, recursive := true), * EXCLUDE ({name}) FROM '{path.name}'"  # noqa: S608  # shown
        example = fields[0] if fields else name
        message = (
            f": column {quoted(name)} is a record; name one of its fields, {name_list(fields[:SHOWN_FIELDS])} "
            f"(as in {example}), or flatten it first, for example with DuckDB: {query}"
        )
        raise BadInput(message, path=path, value=name, allowed=fields)
    return value


def explode(rows: Rows, item: str, separator: str = "") -> Rows:
    """Make a row of each item where a cell lists several; other lists go along, cells that are no lists are repeated.

    Parameters
    ----------
    rows : Rows
        Columns may be lists, or texts that all are lists in JSON.
    item : str
        Column of the items; where its cells are no lists, the rows stay as they are.
    separator : str
        What divides the items of a cell; columns with as many parts are divided too.

    Returns
    -------
    Rows
        Its `without_items` holds the rows with empty lists.

    Raises
    ------
    BadInput
        Lists of a row have different lengths.
    """
    columns = {name: _as_lists(column) for name, column in rows.columns.items()}
    if separator:
        columns = _divided(rows, columns, separator, item)
    lists = {name: column for name, column in columns.items() if _is_list(column.type)}
    if item not in lists:
        return rows
    first_name, first = item, lists[item]
    lengths = _lengths(first)
    for name, column in lists.items():
        if (different := np.flatnonzero(_lengths(column) != lengths)).size:
            row = int(different[0])
            file, line = rows.location(row)
            sizes = f"{lengths[row]} and {_lengths(column)[row]} elements"
            message = f"lists {quoted(first_name)} and {quoted(name)} have {sizes}"
            raise BadInput(f"{message}; give lists of the same events", path=file, line=line, value=name)
    budget().count_rows(rows.path, int(lengths.sum()))
    parents = np.repeat(np.arange(len(rows)), lengths)
    taken = {
        name: pc.list_flatten(column) if name in lists else column.take(pa.array(parents))
        for name, column in columns.items()
    }
    file_of = None if rows.file_of is None else rows.file_of[parents]
    return replace(
        rows,
        line_numbers=rows.line_numbers[parents],
        columns=taken,
        file_of=file_of,
        without_items=_without_items(rows, columns, np.flatnonzero(lengths == 0)),
    )


def _without_items(rows: Rows, columns: dict[str, Any], empty: Any) -> Rows | None:
    """The rows with empty lists, and what their other cells say."""
    if not len(empty):
        return None
    plain = {name: column.take(pa.array(empty)) for name, column in columns.items() if not _is_list(column.type)}
    return replace(
        rows,
        line_numbers=rows.line_numbers[empty],
        columns=plain,
        file_of=None if rows.file_of is None else rows.file_of[empty],
    )


def lists_as_json(rows: Rows, name: str) -> Rows:
    """Lists in a column as JSON texts; another column as it is.

    Parameters
    ----------
    rows : Rows
    name : str
        Of the column.

    Returns
    -------
    Rows
    """
    if not pa.types.is_nested(rows.columns[name].type):
        return rows
    cells = python_cells(rows.columns[name])
    texts = [json.dumps(cell, default=str) if isinstance(cell, list | dict) else cell for cell in cells]
    return replace(rows, columns={**rows.columns, name: pa.array(texts, pa.string())})


def python_cells(column: Any) -> list[Any]:
    """Cells as Python objects; one with a date that Python cannot hold is said to be out of range."""
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return [_python_cell(cell) for cell in column]


def _python_cell(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (OverflowError, ValueError):
        return "date out of range"


def _paths(name: str, kind: Any) -> list[str]:
    inner = kind.value_type if _is_list(kind) and not pa.types.is_map(kind) else kind
    if pa.types.is_struct(inner) and {field.name for field in inner} != {"key", "value"}:
        return [path for field in inner for path in _paths(f"{name}.{field.name}", field.type)]
    return [name]


def _has_path(kind: Any, path: str) -> bool:
    if pa.types.is_map(kind):
        return True
    inner = kind.value_type if _is_list(kind) else kind
    if not pa.types.is_struct(inner):
        return False
    names = [field.name for field in inner]
    head, dot, rest = path.partition(".")
    if head in names:
        return _has_path(inner.field(head).type, rest) if dot else True
    return set(names) == {"key", "value"}


def _walk(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if not _is_list(value.type):
            value = pc.struct_field(value, step)
            continue
        if pa.types.is_map(value.type):
            value = _of_key(value, step)
            continue
        values = pc.list_flatten(value)
        if step not in [field.name for field in values.type]:
            value = _of_key(value, step)
        else:
            offsets = np.concatenate([[0], np.cumsum(_lengths(value))]).astype(np.int32)
            value = pa.ListArray.from_arrays(pa.array(offsets), pc.struct_field(values, step))
    return value


def _of_key(pairs: Any, key: str) -> Any:
    """(R,) the value of a key in each row's list of keys and values, as Google Analytics has it."""
    if pa.types.is_map(pairs.type):
        keys, values = pairs.keys, pairs.items
    else:
        flat = pc.list_flatten(pairs)
        keys, values = pc.struct_field(flat, "key"), pc.struct_field(flat, "value")
    if pa.types.is_struct(values.type):
        texts = [pc.struct_field(values, field.name).cast(pa.string()) for field in values.type]
        values = pc.coalesce(*texts)
    parents = np.repeat(np.arange(len(pairs)), _lengths(pairs))
    hits = np.flatnonzero(np.asarray(pc.fill_null(pc.equal(keys, key), False)))
    rows, first = np.unique(parents[hits], return_index=True)
    index = np.full(len(pairs), -1, np.int64)
    index[rows] = hits[first]
    return values.take(pa.array(index, mask=index < 0))


def _one_piece(column: Any) -> Any:
    """An Arrow column as one array; it is copied only where it has several pieces."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _as_lists(column: Any) -> Any:
    """A text column of which every cell is a list in JSON or Python as lists; another column as it is."""
    if pa.types.is_string(column.type) and not pc.all(pc.match_substring_regex(column.slice(0, 1), LIST_TEXT)).as_py():
        return column  # as is usual: a long column is not copied
    if pa.types.is_primitive(column.type):
        return column
    whole = _one_piece(column)
    if pa.types.is_dictionary(whole.type):
        if not pc.all(pc.match_substring_regex(whole.dictionary, LIST_TEXT)).as_py():
            return whole
        whole = plain_text(whole)
    if not (pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type)) or not len(whole):
        return whole
    if not pc.all(pc.match_substring_regex(whole, LIST_TEXT)).as_py():
        return whole
    cells = [_parsed(cell) for cell in whole.to_pylist()]
    if not all(isinstance(cell, list) for cell in cells):
        return whole
    texts = [[None if part is None else str(part) for part in cell] for cell in cells]
    return pa.array(texts, pa.list_(pa.string()))


def _parsed(cell: str | None) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            parts = read(cell or "")
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return None if any(isinstance(part, dict | list) for part in parts) else list(parts)
    return None


def _divided(rows: Rows, columns: dict[str, Any], separator: str, item: str) -> dict[str, Any]:
    def parts(name: str) -> Any:
        text = rows.text(name)
        text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
        pieces = pc.split_pattern(text, separator)
        filled = pc.list_flatten(pieces)
        keep = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(filled), ""))
        parents = np.repeat(np.arange(len(text)), _lengths(pieces))[keep]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(parents, minlength=len(text)))]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), pc.utf8_trim_whitespace(filled.filter(pa.array(keep))))

    if item not in columns or _is_list(columns[item].type):
        return columns
    items = parts(item)
    lengths = _lengths(items)
    divided = {item: items}
    for name, column in columns.items():
        if name != item and not _is_list(column.type):
            pieces = parts(name)
            if np.array_equal(_lengths(pieces), lengths):
                divided[name] = pieces
    return columns | divided


def _lengths(lists: Any) -> Any:
    if pa.types.is_map(lists.type):
        lists = lists.cast(pa.list_(pa.struct({"key": lists.type.key_type, "value": lists.type.item_type})))
    return pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False).astype(np.int64)


def _is_list(kind: Any) -> bool:
    return any(is_type(kind) for is_type in LIST_TYPES)
