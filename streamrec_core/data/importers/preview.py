"""Preview a log before its import: its columns, its first rows, and which column is probably what."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.importers.encoding import find_encoding
from streamrec_core.data.importers.rows import BadRows
from streamrec_core.data.importers.text import find_layout, header, read_text
from streamrec_core.errors import ROW_FILES, BadInput

ROWS, WIDEST, MOST_COLUMNS = 5, 200, 500
BEGINNING = 1 << 20
"""Bytes of a text file that are looked at."""

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "session_column": ("session_id", "sessionid", "session", "sid", "visit_id", "visit"),
    "user_column": ("user_id", "userid", "user", "visitor_id", "visitorid", "customer_id"),
    "item_column": ("item_id", "itemid", "item", "product_id", "movie_id", "movieid", "aid", "track_id", "sku"),
    "time_column": ("timestamp", "time", "ts", "datetime", "date", "event_time", "eventdate", "created_at"),
    "category_column": ("category", "genre", "genres", "category_id", "class", "kind"),
    "title_column": ("title", "item_title", "movie_title", "name", "product_name"),
    "engagement_column": ("engagement", "event", "event_type", "type", "action"),
    "rating_column": ("rating", "stars", "score"),
}
"""Settings of a table import, and what such a column is usually called; the first name that fits is taken."""


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
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    repeated: tuple[str, ...] = ()

    @property
    def usable(self) -> tuple[str, ...]:
        """Columns that can be named in an import."""
        return tuple(column for column in self.columns if column not in self.repeated)


def preview_file(path: Path, encoding: str = "", delimiter: str = "", has_header: bool = True) -> LogPreview:
    """Read the columns and the first rows of a CSV or Parquet file.

    Parameters
    ----------
    path : Path
    encoding : str
        Empty: UTF-8.
    delimiter : str
        A character or its name; empty: found in the first line.
    has_header : bool
        Without a header, columns are called 1, 2, 3, ...

    Returns
    -------
    LogPreview

    Raises
    ------
    BadInput
        The file is missing, empty or broken, has too many columns, or does not fit the encoding.
    """
    try:
        with path.open("rb") as raw:
            return preview_stream(raw, str(path), encoding, delimiter, has_header)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error}); give a readable file", path=path) from None


def preview_stream(
    raw: BinaryIO, name: str, encoding: str = "", delimiter: str = "", has_header: bool = True
) -> LogPreview:
    """Read the same from a file that is open, or an upload in memory; only its beginning is read.

    Parameters
    ----------
    raw : binary file
    name : str
        Of the file; its ending tells Parquet from text.
    encoding : str
        Empty: UTF-8.
    delimiter : str
        A character or its name; empty: found in the first line.
    has_header : bool
        Without a header, columns are called 1, 2, 3, ...

    Returns
    -------
    LogPreview
    """
    is_parquet = Path(name).suffix.lower() in ROW_FILES
    preview = _parquet(raw, name) if is_parquet else _text(raw, name, encoding, delimiter, has_header)
    if len(preview.columns) > MOST_COLUMNS:
        message = f"has {len(preview.columns):,} columns; a log has at most {MOST_COLUMNS}"
        raise BadInput(message, path=Path(name), value=len(preview.columns))
    return preview


def usual_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Which column is probably what, by its name; a column of no usual name is left out."""
    plain = {name.partition(":")[0].strip().lower().replace(" ", "_"): name for name in reversed(columns)}
    return {
        setting: plain[name] for setting, usual in USUAL_NAMES.items() if (name := next(filter(plain.get, usual), ""))
    }


def _text(raw: BinaryIO, name: str, encoding: str, delimiter: str, has_header: bool) -> LogPreview:
    """Through a copy of the beginning, since the readers of the import go through a whole file for its encoding."""
    with tempfile.TemporaryDirectory(prefix="streamrec-preview-") as folder:
        head = Path(folder) / "head"
        head.write_bytes(_beginning(raw, encoding))
        try:
            return _lines(head, encoding, delimiter, has_header)
        except BadInput as error:
            error.path = Path(name)
            raise


def _lines(head: Path, encoding: str, delimiter: str, has_header: bool) -> LogPreview:
    """Columns and rows of a text file, as the import itself divides them."""
    encoding = find_encoding(head, (encoding or "utf-8",))
    layout = find_layout(head, encoding, delimiter)
    names = header(head, layout)
    if not has_header:
        names = tuple(str(number) for number in range(1, len(names) + 1))
    columns, repeated = _distinct(names)
    if len(columns) > MOST_COLUMNS:
        return LogPreview(columns, ())
    rows = read_text(head, replace(layout, names=columns), {name: name for name in columns}, BadRows())
    cells = [rows.columns[name].slice(0, ROWS + 1).to_pylist() for name in columns]
    return LogPreview(columns, tuple(map(_cut, zip(*cells, strict=True)))[has_header:][:ROWS], repeated)


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


def _beginning(raw: BinaryIO, encoding: str) -> bytes:
    """The first lines, whole ones where there are any."""
    raw.seek(0)
    start = raw.read(BEGINNING)
    if len(start) < BEGINNING:
        return start
    wide = 1 if encoding.lower().replace("_", "-").startswith("utf-16") else 0  # the second half of its line feed
    return start[: start.rfind(b"\n") + 1 + wide] or start


def _parquet(raw: BinaryIO, name: str) -> LogPreview:
    try:
        raw.seek(0)
        with pq.ParquetFile(raw) as file:
            columns = tuple(file.schema_arrow.names)
            batch = next(file.iter_batches(ROWS), None) if len(columns) <= MOST_COLUMNS else None
            rows = [] if batch is None else list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"is not readable as Parquet ({error}); write it again", path=Path(name)) from None
    return LogPreview(columns, tuple(_cut(row) for row in rows))


def _cut(row: object) -> tuple[str, ...]:
    return tuple(str(value)[:WIDEST] for value in row)  # type: ignore[attr-defined]
