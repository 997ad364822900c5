"""Preview a log before its import: its columns, its first rows, and which column is probably what."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.importers.encoding import BYTE_ORDER_MARKS, find_encoding
from streamrec_core.data.importers.limits import PREVIEW_MINUTES, limited, regular_file, usual_limits
from streamrec_core.data.importers.nested import column_names, python_cells, take_column
from streamrec_core.data.importers.parquet_files import read_first_rows
from streamrec_core.data.importers.rows import BadRows, Rows
from streamrec_core.data.importers.sources import FAULTS, content_kind, content_name, find_files, is_folder, open_plain
from streamrec_core.data.importers.tables import read_table
from streamrec_core.data.importers.text import Quotes, find_layout, header, read_text
from streamrec_core.data.importers.workbooks import sheet_names
from streamrec_core.errors import BadInput

ROWS, WIDEST, MOST_COLUMNS = 5, 200, 500
BEGINNING = 1 << 20
"""Bytes of a text file that are looked at."""
COUNTED = 20_000
"""Rows of another file whose words are counted."""


@dataclass(frozen=True)
class LogPreview:
    """Columns of a file and its first rows as text.

    Attributes
    ----------
    columns : tuple of str
        All different.
    rows : tuple of tuple of str
    repeated : tuple of str
        Columns that cannot be used, since the file has several of that name.
    sheets : tuple of str
        Of a workbook.
    words : mapping of str to int
        How often each word of `PreviewSettings.words_of` occurs in the beginning of the file.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    repeated: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    words: Mapping[str, int] = field(default_factory=dict)

    @property
    def usable(self) -> tuple[str, ...]:
        """Columns that can be named in an import."""
        return tuple(column for column in self.columns if column not in self.repeated)


@dataclass(frozen=True)
class PreviewSettings:
    """How a file is read for its preview, as its import reads it.

    Attributes
    ----------
    encoding : str
        Empty: UTF-8.
    delimiter : str
        A character or its name; empty: found in the first line.
    has_header : bool
        Without a header, columns are called 1, 2, 3, ...
    comment : str
        Beginning of lines to pass over; empty: `#`, where the file begins with such lines.
    quotes : str
        auto, always or never.
    sheet : str
        Of a workbook; empty: the first with cells.
    words_of : str
        Column whose words are counted; empty: none.
    """

    encoding: str = ""
    delimiter: str = ""
    has_header: bool = True
    comment: str = ""
    quotes: Quotes = "auto"
    sheet: str = ""
    words_of: str = ""

    def counting(self, column: str) -> PreviewSettings:
        """The same, and the words of a column are counted."""
        return replace(self, words_of=column)


AS_USUAL = PreviewSettings()


def preview_file(path: Path, settings: PreviewSettings = AS_USUAL) -> LogPreview:
    """Read the columns and the first rows of a log's file.

    Parameters
    ----------
    path : Path
    settings : PreviewSettings

    Returns
    -------
    LogPreview

    Raises
    ------
    BadInput
        The file is missing, empty or broken, has too many columns, or does not fit the encoding.
    """
    if is_folder(path):
        path = find_files([path])[0]
    regular_file(path)
    try:
        with path.open("rb") as raw:
            return preview_stream(raw, str(path), settings)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error}); give a readable file", path=path) from None


def preview_stream(raw: IO[bytes], name: str, settings: PreviewSettings = AS_USUAL) -> LogPreview:
    """Read the same from a file that is open, or an upload in memory; only its beginning is read.

    Parameters
    ----------
    raw : binary file
    name : str
        Of the file; its ending tells what it holds.
    settings : PreviewSettings

    Returns
    -------
    LogPreview
    """
    path = Path(name)
    raw.seek(0)
    plain = content_name(raw, path)
    kind = content_kind(plain, path)
    raw.seek(0)
    limits = usual_limits()
    try:
        with limited(replace(limits, minutes=min(limits.minutes, PREVIEW_MINUTES))):
            content = open_plain(raw, path)
            if kind == "text":
                preview = _text(content, name, settings)
            elif kind == "parquet" and content is raw:
                preview = _parquet(raw, name, settings.words_of)
            else:
                preview = _table(content, plain, path, settings)
    except BadInput:
        raise
    except FAULTS as error:
        raise BadInput(f"cannot be read ({error}); give a readable file", path=path) from None
    if len(preview.columns) > MOST_COLUMNS:
        message = f"has {len(preview.columns):,} columns; a log has at most {MOST_COLUMNS}"
        raise BadInput(message, path=path, value=len(preview.columns))
    return preview


def _text(raw: IO[bytes], name: str, settings: PreviewSettings) -> LogPreview:
    """Through a copy of the beginning, since the readers of the import go through a whole file for its encoding."""
    with tempfile.TemporaryDirectory(prefix="streamrec-preview-") as folder:
        head = Path(folder) / "head"
        head.write_bytes(_beginning(raw, settings.encoding))
        try:
            return _lines(head, settings)
        except BadInput as error:
            error.path = Path(name)
            raise


def _lines(head: Path, settings: PreviewSettings) -> LogPreview:
    """Columns and rows of a text file, as the import itself divides them."""
    encoding = find_encoding(head, (settings.encoding or "utf-8",))
    layout = find_layout(head, encoding, settings.delimiter, settings.quotes, settings.comment)
    names = header(head, layout)
    if len(names) > MOST_COLUMNS:  # before anything is done with so many
        return LogPreview(names, ())
    if not settings.has_header:
        names = tuple(str(number) for number in range(1, len(names) + 1))
    columns, repeated = _distinct(names)
    rows = read_text(head, replace(layout, names=columns), {name: name for name in columns}, BadRows())
    cells = [rows.columns[name].slice(0, ROWS + 1).to_pylist() for name in columns]
    words = rows.text(settings.words_of).to_pylist()[settings.has_header :] if settings.words_of in columns else []
    shown = tuple(map(_cut, zip(*cells, strict=True)))[settings.has_header :][:ROWS]
    return LogPreview(columns, shown, repeated, words=_counted(words))


def _counted(cells: Iterable[Any]) -> Mapping[str, int]:
    """How often each word occurs, the most frequent first; those of lists one by one."""
    words = (word for cell in cells for word in (cell if isinstance(cell, list) else [cell]))
    return dict(Counter(str(word).strip() for word in words if word not in (None, "")).most_common())


def _distinct(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that differ, and those among them that stand for a name which the file has several times."""
    columns: list[str] = []
    for name in names:
        number, column = 1, name
        while column in columns:
            number += 1
            column = f"{name} ({number})"
        columns.append(column)
    pairs = zip(names, columns, strict=True)
    return tuple(columns), tuple(column for name, column in pairs if names.count(name) > 1)


def _beginning(raw: IO[bytes], encoding: str) -> bytes:
    """The first lines, whole ones where there are any."""
    start = b""
    while len(start) < BEGINNING and (part := raw.read(BEGINNING - len(start))):
        start += part
    if len(start) < BEGINNING:
        return start
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), encoding)
    bytes_each = {"utf-16": 2, "utf-32": 4}.get(marked.lower().replace("_", "-")[:6], 1)
    end = start.rfind(b"\n") + 1
    return start[: end + -end % bytes_each] or start


def _parquet(raw: IO[bytes], name: str, words_of: str) -> LogPreview:
    try:
        raw.seek(0)
        with pq.ParquetFile(raw) as file:
            schema = file.schema_arrow
            wide = len(schema.names) > MOST_COLUMNS
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); write it again", path=Path(name)) from None
    batch = None if wide else read_first_rows(raw, Path(name), COUNTED if words_of else ROWS)
    if batch is None:
        return LogPreview(tuple(schema.names) if wide else column_names(schema), ())
    return _of_table(pa.Table.from_batches([batch]), Path(name), words_of)


def _table(content: IO[bytes], plain: Path, path: Path, settings: PreviewSettings) -> LogPreview:
    """Of a file that must be read whole; JSON with an object a line only from its beginning."""
    with tempfile.TemporaryDirectory(prefix="streamrec-preview-") as folder:
        copy = Path(folder) / f"log{plain.suffix.lower()}"
        with copy.open("wb") as file:
            start = content.read(BEGINNING)
            if content_kind(plain, path) == "json" and start.lstrip()[:1] == b"{" and b"\n" in start:
                file.write(start[: start.rfind(b"\n") + 1] if len(start) == BEGINNING else start)
            else:
                file.write(start)
                shutil.copyfileobj(content, file, BEGINNING)
        try:
            if content_kind(plain, path) == "parquet":
                with copy.open("rb") as raw:
                    return _parquet(raw, str(path), settings.words_of)
            table = read_table(copy, BadRows(), settings.sheet, most=COUNTED)
            preview = _of_table(table, path, settings.words_of)
            return replace(preview, sheets=sheet_names(copy)) if content_kind(plain, path) == "xlsx" else preview
        except BadInput as error:
            error.path = path
            raise


def _of_table(table: pa.Table, path: Path, words_of: str) -> LogPreview:
    names = column_names(table.schema)
    if len(names) > MOST_COLUMNS:
        return LogPreview(names, ())
    columns, repeated = _distinct(names)
    head = table.slice(0, ROWS)
    if len(set(table.column_names)) < len(table.column_names):
        cells = [python_cells(column) for column in head.columns]
    else:
        cells = [_cells(head, name, path) for name in names]
    words = _cells(table.slice(0, COUNTED), words_of, path) if words_of in columns and words_of not in repeated else []
    return LogPreview(columns, tuple(map(_cut, zip(*cells, strict=True))), repeated, words=_counted(words))


def _cells(table: pa.Table, name: str, path: Path) -> list[Any]:
    """Cells of a column; those of records, of which only a field can be imported, as they are."""
    if name in table.column_names and pa.types.is_nested(table.schema.field(name).type):
        return python_cells(table[name])
    return _texts(take_column(table, name, path))


def _texts(column: Any) -> list[Any]:
    """Cells as the import reads them; lists as they are."""
    if pa.types.is_nested(column.type):
        return python_cells(column)
    return list(Rows(Path(), np.arange(len(column)), {"": column}).text("").to_pylist())


def _cut(row: object) -> tuple[str, ...]:
    return tuple(str(value)[:WIDEST] for value in row)  # type: ignore[attr-defined]
