"""The list of marked cases: what was seen, a note, and the link that shows it again; SQLite, safe to share."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from streamrec_core.config import refuse_if_read_only, workspace
from streamrec_core.errors import BadInput

FILE = "cases.sqlite3"
LONGEST_NOTE, LONGEST_TITLE, LONGEST_LINK = 4_000, 300, 8_000
MOST_CASES = 5_000
KINDS = ("miss", "magnet", "what-if", "parts off", "session")
PATIENCE_SECONDS = 10.0
"""How long a change waits for those of others."""
COLUMNS = ("number", "marked", "kind", "title", "note", "link")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    marked TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    note TEXT NOT NULL,
    link TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class MarkedCase:
    """One case of the list.

    Attributes
    ----------
    number : int
        Counts from 1 and is never used twice.
    marked : str
        When, UTC, ISO 8601.
    kind : str
        One of `KINDS`.
    link : dict of str to str
        What the address bar of the Debug page held.
    """

    number: int
    marked: str
    kind: str
    title: str
    note: str
    link: dict[str, str]


def cases_file() -> Path:
    """Where the list is kept."""
    return workspace() / FILE


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """A connection whose changes are all kept or none; write-ahead logging, so that readers never wait."""
    file = cases_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS)
    try:
        _write_ahead(connection)
        connection.execute(_SCHEMA)
        with connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise BadInput(f"the list of cases {file} cannot be used ({error}); move it away to begin a new one") from None
    finally:
        connection.close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Set write-ahead logging; SQLite itself does not wait for others here, however long its own timeout is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.01)


def mark(kind: str, title: str, note: str, link: Mapping[str, str]) -> int:
    """Put a case on the list; its number.

    Raises
    ------
    Refused
        The dashboard is read-only.
    BadInput
        The kind is unknown, a text is too long, or the list is full.
    """
    refuse_if_read_only("Marking a case")
    if kind not in KINDS:
        raise BadInput(f"unknown kind of case {kind!r}; choose one of {', '.join(KINDS)}")
    written = json.dumps(dict(link), ensure_ascii=False)
    for noun, text, most in (
        ("title", title, LONGEST_TITLE),
        ("note", note, LONGEST_NOTE),
        ("link", written, LONGEST_LINK),
    ):
        if len(text) > most:
            raise BadInput(f"the {noun} has {len(text):,} characters; {most:,} are the most")
    with _open() as connection:
        (count,) = connection.execute("SELECT count(*) FROM cases").fetchone()
        if count >= MOST_CASES:
            raise BadInput(f"the list holds {MOST_CASES:,} cases; export it and take some off")
        marked = datetime.now(UTC).isoformat(timespec="seconds")
        row = connection.execute(
            "INSERT INTO cases (marked, kind, title, note, link) VALUES (?, ?, ?, ?, ?)",
            (marked, kind, title, note.strip(), written),
        )
        return int(row.lastrowid or 0)


def rewrite(number: int, note: str) -> None:
    """Change the note of a case; raises `Refused` where the dashboard is read-only, `BadInput` for a gone case."""
    refuse_if_read_only("Changing a note")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note):,} characters; {LONGEST_NOTE:,} are the most")
    with _open() as connection:
        if not connection.execute("UPDATE cases SET note = ? WHERE number = ?", (note.strip(), number)).rowcount:
            raise BadInput(f"case {number} is no longer on the list")


def take_off(number: int) -> None:
    """Take a case off the list; raises `Refused` where the dashboard is read-only, `BadInput` for a gone case."""
    refuse_if_read_only("Taking a case off the list")
    with _open() as connection:
        if not connection.execute("DELETE FROM cases WHERE number = ?", (number,)).rowcount:
            raise BadInput(f"case {number} is no longer on the list")


def marked_cases() -> tuple[MarkedCase, ...]:
    """The list, the latest first; empty before the first case (nothing is written then)."""
    if not cases_file().is_file():
        return ()
    with _open() as connection:
        rows = connection.execute("SELECT number, marked, kind, title, note, link FROM cases ORDER BY number DESC")
        return tuple(
            MarkedCase(number, marked, kind, title, note, json.loads(link))
            for number, marked, kind, title, note, link in rows.fetchall()
        )


def as_json(cases: tuple[MarkedCase, ...]) -> str:
    """The list as one JSON document."""
    return json.dumps([asdict(case) for case in cases], indent=2, ensure_ascii=False) + "\n"


def as_csv(cases: tuple[MarkedCase, ...]) -> str:
    """The list as CSV; a cell that a spreadsheet would run as a formula begins with an apostrophe."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for case in cases:
        link = "&".join(f"{name}={value}" for name, value in case.link.items())
        writer.writerow([case.number, case.marked, *map(_tame, (case.kind, case.title, case.note, link))])
    return sheet.getvalue()


def _tame(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
