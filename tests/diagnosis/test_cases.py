"""The list of cases: kept, exported, refused where nothing may be changed, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streamrec_core.diagnosis.flagged_cases import as_csv, as_json, cases_file, mark, marked_cases, rewrite, take_off
from streamrec_core.errors import BadInput, Refused

LINK = {"data": "tiny", "session": "s3", "edits": "remove.1"}


def test_a_marked_case_is_kept_with_its_note_and_link(workspace: Path) -> None:
    assert marked_cases() == ()
    assert not cases_file().exists()  # looking writes nothing
    assert mark("miss", "Session s3", "  look at the home page ", LINK) == 1
    mark("what-if", "Another", "", LINK)
    latest, first = marked_cases()
    assert (latest.number, first.number) == (2, 1)
    assert (first.kind, first.title, first.note, first.link) == ("miss", "Session s3", "look at the home page", LINK)
    assert sqlite3.connect(cases_file()).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_notes_change_and_cases_go_and_numbers_are_never_used_twice(workspace: Path) -> None:
    number = mark("miss", "One", "", {})
    rewrite(number, "seen again")
    assert marked_cases()[0].note == "seen again"
    take_off(number)
    assert marked_cases() == ()
    assert mark("miss", "Two", "", {}) == number + 1
    for act in (lambda: take_off(number), lambda: rewrite(number, "late")):
        with pytest.raises(BadInput, match="no longer on the list"):
            act()


def test_many_at_once_lose_nothing(workspace: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda at: mark("session", f"case {at}", "", {}), range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert len(marked_cases()) == 24


def test_a_first_case_waits_until_somebody_else_has_let_go_of_the_new_file(workspace: Path) -> None:
    other = sqlite3.connect(cases_file(), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # the file is not in write-ahead mode yet, and SQLite does not wait to set it
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(mark, "session", "waited", "", {})
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        other.execute("COMMIT")
        other.close()
        assert waiting.result(timeout=60) == 1


def test_nothing_is_changed_where_the_dashboard_is_read_only(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = mark("miss", "One", "", {})
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    for act in (lambda: mark("miss", "Two", "", {}), lambda: rewrite(number, "x"), lambda: take_off(number)):
        with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
            act()
    assert [case.title for case in marked_cases()] == ["One"]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("gossip", "t", "", {}), "choose one of miss"),
        (("miss", "t" * 301, "", {}), "the title has 301"),
        (("miss", "t", "n" * 4_001, {}), "the note has 4,001"),
        (("miss", "t", "", {"edits": "x" * 8_000}), "the link has"),
    ],
)
def test_what_does_not_fit_is_named(workspace: Path, values: tuple[str, str, str, dict[str, str]], fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        mark(*values)


def test_a_damaged_list_is_named(workspace: Path) -> None:
    cases_file().write_bytes(b"this is no database, whatever its name says" * 30)
    with pytest.raises(BadInput, match="cannot be used"):
        marked_cases()


def test_exports_hold_everything_and_run_nothing(workspace: Path) -> None:
    mark("miss", "=HYPERLINK(1)", 'says "no", twice\nand more', LINK)
    found = marked_cases()
    assert json.loads(as_json(found))[0]["link"] == LINK
    header, row = csv.reader(io.StringIO(as_csv(found)))
    assert header == ["number", "marked", "kind", "title", "note", "link"]
    assert row[3:] == ["'=HYPERLINK(1)", 'says "no", twice\nand more', "data=tiny&session=s3&edits=remove.1"]
