"""Logs as people have them, with a few mutations: mostly readable, so that what is read can be counted."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as some
from openpyxl import Workbook

HOSTILE = (
    *("", " ", "NULL", "nan", "inf", "-inf", "1e400", "9" * 40, "-1", "0", "0.0", "12.0", "'", "\u0000", "\u202e", "é"),
    *("10000-01-01", "0000-01-01", "-0001-01-01T00:00:00Z", "1970-01-01", "99999999999999999", "20241399", "24:61"),
    *(
        "253402300800",
        "-62135596801",
        "9223372036854775807",
        "2024-02-30",
        "01/02/2024",
        "neutral",
        "=1+1",
        "#x",
        "\ufeff",
    ),
)
"""Cells that stand in one row."""
TROUBLE = ('"', 'a"b', "a\nb", "a\r\nb", "a,b", "a;b", "[1, 2]", '{"a": 1}', "x" * 300, "\ud800")
"""Cells that may change how lines are divided."""
TIMES: dict[str, Callable[[int], object]] = {
    "s": lambda second: second,
    "ms": lambda second: second * 1000 + 7,
    "iso": lambda second: _date(second).isoformat(),
    "iso with a space": lambda second: _date(second).strftime("%Y-%m-%d %H:%M:%S"),
    "iso with fractions": lambda second: _date(second).strftime("%Y-%m-%dT%H:%M:%S.123Z"),
    "German": lambda second: _date(second).strftime("%d.%m.%Y %H:%M"),
    "one number": lambda second: _date(second).strftime("%Y%m%d%H%M%S"),
}
IDS: tuple[Callable[[int], str], ...] = (
    lambda number: f"i{number}",
    lambda number: str(number + 10),
    lambda number: f"{number + 10}.0",
    lambda number: f"Ünï {number}",
)
COLUMNS = {
    "session": "session_column",
    "item": "item_column",
    "time": "time_column",
    "category": "category_column",
    "title": "title_column",
    "how": "engagement_column",
}
FIRST_SECOND, LAST_SECOND = 700_000_000, 4_000_000_000
DELIMITERS = {",": "csv", ";": "csv", "\t": "tsv", "|": "txt"}


def _date(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@dataclass(frozen=True)
class LogCase:
    """A file of a log and how to import it.

    Attributes
    ----------
    name : str
    content : bytes
    settings : dict
        Of its import.
    rows : int or None
        Rows that an import has to account for; None where a mutation may have changed how the file is divided.
    """

    name: str
    content: bytes
    settings: dict[str, Any]
    rows: int | None


def plain_rows(seed: int) -> list[dict[str, Any]]:
    """The rows of a log: a few sessions of a few events over a few items."""
    of = random.Random(seed)
    time, item_id = of.choice(list(TIMES.values())), of.choice(IDS)
    words = of.choice((("view", "cart", "purchase"), ("click", "save"), ("play",)))
    start = of.randrange(FIRST_SECOND, LAST_SECOND)
    rows = []
    for session in range(of.randint(1, 5)):
        second = start + session * 90_000
        for _ in range(of.choice((1, 2, 2, 3, 4, 6))):
            item = of.randrange(7)
            second += of.choice((0, 1, 30, 500, 5000))
            rows.append(
                {
                    "session": f"s{session}",
                    "item": item_id(item),
                    "time": time(second),
                    "category": ("drama", "news", "drama|news")[item % 3],
                    "title": f"Title {item}",
                    "how": of.choice(words),
                }
            )
    if of.random() < 0.3:
        of.shuffle(rows)
    return rows


cells = some.sampled_from(HOSTILE) | some.sampled_from(TROUBLE) | some.text(max_size=6)
edits = some.lists(some.tuples(some.integers(0, 40), some.sampled_from(list(COLUMNS)), cells), max_size=3)
mostly = some.sampled_from([True, True, True, False])


def _settings(draw: some.DrawFn, columns: list[str]) -> dict[str, Any]:
    roles = {COLUMNS[name]: name for name in columns}
    if "time" in columns and draw(some.integers(0, 4)) == 0:
        roles["user_column"] = roles.pop("session_column")
        roles["gap_minutes"] = draw(some.sampled_from([1, 30, 1e9]))
    return roles | {
        "skip_bad_rows": draw(mostly),
        "any_year": draw(some.booleans()),
        "collapse_repeats": draw(some.booleans()),
        "min_item_events": draw(some.sampled_from([1, 1, 1, 2, 99])),
        "max_events": draw(some.sampled_from([0, 0, 1, 3])),
    }


def _position(draw: some.DrawFn, content: bytes) -> int:
    """A position in a file, drawn as a share since the size of a workbook depends on the time of day."""
    return draw(some.integers(0, 10_000)) * len(content) // 10_000


def _edited(draw: some.DrawFn) -> tuple[list[dict[str, Any]], list[str], bool]:
    """Rows with a few other cells, the columns of the file, and whether the rows can still be told apart."""
    rows = plain_rows(draw(some.integers(0, 2**32)))
    columns = ["session", "item", *draw(some.lists(some.sampled_from(list(COLUMNS)[2:]), unique=True))]
    plain = True
    for row, column, cell in draw(edits):
        rows[row % len(rows)][column] = cell
        plain &= column not in columns or (cell in HOSTILE and cell not in ("\ufeff", "#x", ""))
    return rows, columns, plain


@some.composite
def text_logs(draw: some.DrawFn) -> LogCase:
    """Delimited text, in most cases as a program writes it."""
    rows, columns, plain = _edited(draw)
    delimiter = draw(some.sampled_from(list(DELIMITERS)))
    sink = io.StringIO()
    writer = csv.writer(
        sink,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if draw(some.booleans()) else csv.QUOTE_MINIMAL,
        lineterminator=draw(some.sampled_from(["\n", "\r\n"])),
    )
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    text = sink.getvalue()
    encoding = draw(some.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    content = text.encode(encoding, "replace")
    if cut := draw(some.sampled_from([0, 0, 0, 0, 1, 2])):
        plain = False
        position = _position(draw, content)
        content = (
            content[:position] if cut == 1 else content[:position] + draw(some.binary(max_size=4)) + content[position:]
        )
    settings = _settings(draw, columns) | {"encoding": "latin-1" if encoding == "latin-1" else ""}
    plain &= not (encoding == "latin-1" and any(cell in text for cell in ("\u202e",)))
    return LogCase(f"log.{DELIMITERS[delimiter]}", content, settings, len(rows) if plain else None)


@some.composite
def typed_logs(draw: some.DrawFn) -> LogCase:
    """JSON, Parquet and Excel files."""
    rows, columns, plain = _edited(draw)
    kind = draw(some.sampled_from(["jsonl", "json", "parquet", "xlsx"]))
    rows = [{name: row[name] for name in columns} for row in rows]
    if kind.startswith("json"):
        texts = [json.dumps(row) for row in rows]
        content = ("\n".join(texts) if kind == "jsonl" else f"[{','.join(texts)}]").encode()
    elif kind == "parquet":
        content = _parquet(draw, rows, columns)
    else:
        content = _workbook(rows, columns)
        plain = False  # rows at the end without any cell are no rows
    if draw(some.integers(0, 9)) == 0:
        plain = False
        position = _position(draw, content)
        content = content[:position] + draw(some.binary(max_size=4)) + content[position + draw(some.integers(0, 9)) :]
    return LogCase(f"log.{kind}", content, _settings(draw, columns), len(rows) if plain else None)


def _parquet(draw: some.DrawFn, rows: list[dict[str, Any]], columns: list[str]) -> bytes:
    table = {}
    for name in columns:
        texts = [str(row[name]).encode("utf-8", "replace").decode() for row in rows]
        table[name] = pa.array(texts, draw(some.sampled_from([pa.string(), pa.string(), pa.large_string()])))
        if draw(some.integers(0, 3)) == 0:
            table[name] = table[name].dictionary_encode()
    if "time" in columns and draw(some.booleans()):
        kind = draw(some.sampled_from([pa.timestamp("s"), pa.timestamp("ms", "UTC"), pa.timestamp("ns"), pa.int64()]))
        seconds = draw(some.lists(some.integers(-(2**63), 2**63 - 1) | some.integers(10**9, 2 * 10**9), min_size=1))
        most = 2**63 // 1000 - 1 if kind == pa.timestamp("s") else 2**63 - 1  # Parquet stores milliseconds
        stamps = [max(-most, min(seconds[row % len(seconds)], most)) for row in range(len(rows))]
        table["time"] = pa.array(stamps, pa.int64()).cast(kind)
    sink = io.BytesIO()
    pq.write_table(pa.table(table), sink, compression=draw(some.sampled_from(["none", "zstd"])))
    return sink.getvalue()


def _workbook(rows: list[dict[str, Any]], columns: list[str]) -> bytes:
    book, sink = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    sheet.append(columns)
    for row in rows:
        sheet.append([_cell(row[name]) for name in columns])
    book.save(sink)
    return sink.getvalue()


def _cell(value: object) -> object:
    """Without the characters that no workbook can hold."""
    if not isinstance(value, str):
        return value
    return "".join(letter for letter in value if letter.isprintable())
