"""Flagged cases: a list in SQLite of what people noted on the Debug page, each with a note and a link back."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from streamrec_core.config import workspace
from streamrec_core.data.pseudonyms import NO_PSEUDONYMS, Pseudonyms, pseudonyms_of_data
from streamrec_core.data.spreadsheet import spreadsheet_cell
from streamrec_core.disk_faults import database_fault, with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.permissions import require_permission

FILE = "cases.sqlite3"
LONGEST_NOTE, LONGEST_TITLE, LONGEST_LINK = 4_000, 300, 8_000
MOST_CASES = 5_000
KINDS = ("miss", "attention sink", "what-if", "head ablation", "why not", "session")
OLDER_KINDS = {"magnet": "attention sink", "parts off": "head ablation"}
"""Names in lists that older versions wrote."""
PATIENCE_SECONDS = 10.0
"""How long a change waits for the lock of another one."""
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
class FlaggedCase:
    """One flagged case.

    Attributes
    ----------
    number : int
        Counted from 1; never reused.
    marked : str
        Time of flagging, UTC, ISO 8601.
    kind : str
        One of `KINDS`.
    link : dict of str to str
        Query parameters of the Debug page.
    """

    number: int
    marked: str
    kind: str
    title: str
    note: str
    link: dict[str, str]


def cases_file() -> Path:
    """Path of the database."""
    return workspace() / FILE


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """A connection that commits all changes or none; write-ahead logging, so that readers never wait."""
    file = cases_file()
    with_disk_faults(file.parent.mkdir)(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE_SECONDS)) as connection:
            _write_ahead(connection)
            connection.execute(_SCHEMA)
            with connection:
                yield connection
    except sqlite3.DatabaseError as error:
        raise database_fault(error, file) from None


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


def flag_case(kind: str, title: str, note: str, link: Mapping[str, str]) -> int:
    """Flag a case.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    title, note : str
        At most `LONGEST_TITLE` and `LONGEST_NOTE` characters.
    link : mapping of str to str
        Query parameters that open the Debug page on it.

    Returns
    -------
    int
        Number of the case.

    Raises
    ------
    Refused
        The dashboard is read-only.
    BadInput
        The kind is unknown, a text is too long, or the list is full.
    """
    require_permission("flagging a case")
    if kind not in KINDS:
        raise BadInput(f"unknown kind of case {kind!r}; choose one of {', '.join(KINDS)}")
    written = json.dumps(dict(link), ensure_ascii=False)
    for noun, text, most in (
        ("title", title, LONGEST_TITLE),
        ("note", note, LONGEST_NOTE),
        ("link", written, LONGEST_LINK),
    ):
        if len(text) > most:
            raise BadInput(f"the {noun} has {len(text):,} characters; at most {most:,} are allowed")
    with _open() as connection:
        (count,) = connection.execute("SELECT count(*) FROM cases").fetchone()
        if count >= MOST_CASES:
            raise BadInput(f"the list is full ({MOST_CASES:,} cases); export it and remove some")
        marked = datetime.now(UTC).isoformat(timespec="seconds")
        row = connection.execute(
            "INSERT INTO cases (marked, kind, title, note, link) VALUES (?, ?, ?, ?, ?)",
            (marked, kind, title, note.strip(), written),
        )
        return int(row.lastrowid or 0)


def change_note(number: int, note: str) -> None:
    """Change the note of a case.

    Parameters
    ----------
    number : int
        Of the case.
    note : str
        At most `LONGEST_NOTE` characters.

    Raises
    ------
    Refused
        The dashboard is read-only.
    BadInput
        The case was removed, or the note is too long.
    """
    require_permission("changing a note")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note):,} characters; at most {LONGEST_NOTE:,} are allowed")
    with _open() as connection:
        if not connection.execute("UPDATE cases SET note = ? WHERE number = ?", (note.strip(), number)).rowcount:
            raise BadInput(f"case {number} is no longer on the list")


def unflag_case(number: int) -> None:
    """Remove a case; raises `Refused` where the dashboard is read-only, `BadInput` where it was removed already."""
    require_permission("removing a case")
    with _open() as connection:
        if not connection.execute("DELETE FROM cases WHERE number = ?", (number,)).rowcount:
            raise BadInput(f"case {number} is no longer on the list")


def flagged_cases() -> tuple[FlaggedCase, ...]:
    """Read the list, the latest case first; empty before the first one (nothing is written then)."""
    if not cases_file().exists():
        return ()
    with _open() as connection:
        rows = connection.execute("SELECT number, marked, kind, title, note, link FROM cases ORDER BY number DESC")
        return tuple(
            FlaggedCase(number, marked, OLDER_KINDS.get(kind, kind), title, note, json.loads(link))
            for number, marked, kind, title, note, link in rows.fetchall()
        )


def exported(cases: Iterable[FlaggedCase]) -> tuple[FlaggedCase, ...]:
    """The cases with pseudonyms where session ids look like e-mail addresses or phone numbers."""
    cases = tuple(cases)
    by_data = {
        name: pseudonyms_of_data(name, [case.link["session"] for case in cases if case.link.get("data") == name])
        for name in dict.fromkeys(case.link.get("data", "") for case in cases if case.link.get("session"))
    }
    return tuple(_pseudonymised(case, by_data.get(case.link.get("data", ""), NO_PSEUDONYMS)) for case in cases)


def _pseudonymised(case: FlaggedCase, pseudonyms: Pseudonyms) -> FlaggedCase:
    session_id = case.link.get("session", "")
    if not pseudonyms or not session_id:
        return case
    pseudonym = pseudonyms.of(session_id)
    title, note = (text.replace(session_id, pseudonym) for text in (case.title, case.note))
    return replace(case, title=title, note=note, link=dict(case.link) | {"session": pseudonym})


def as_json(cases: tuple[FlaggedCase, ...]) -> str:
    """Write the list as one JSON document, with pseudonyms where session ids are those of people."""
    return json.dumps([asdict(case) for case in exported(cases)], indent=2, ensure_ascii=False) + "\n"


def as_csv(cases: tuple[FlaggedCase, ...]) -> str:
    """Write the list as CSV; a cell that a spreadsheet would run as a formula begins with an apostrophe."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for case in exported(cases):
        link = "&".join(f"{name}={value}" for name, value in case.link.items())
        writer.writerow([case.number, case.marked, *map(spreadsheet_cell, (case.kind, case.title, case.note, link))])
    return sheet.getvalue()
