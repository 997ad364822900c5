"""Flagged cases are stored, exported, refused in read-only mode, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from streamrec_core.diagnosis.flagged_cases import (
    as_csv,
    as_json,
    cases_file,
    change_note,
    flag_case,
    flagged_cases,
    unflag_case,
)
from streamrec_core.errors import BadInput, Refused

LINK = {"data": "tiny", "session": "s3", "edits": "remove.1"}


def test_a_flagged_case_is_stored_with_its_note_and_link(workspace: Path) -> None:
    assert flagged_cases() == ()
    assert not cases_file().exists()  # looking writes nothing
    assert flag_case("miss", "Session s3", "  look at the home page ", LINK) == 1
    flag_case("what-if", "Another", "", LINK)
    latest, first = flagged_cases()
    assert (latest.number, first.number) == (2, 1)
    assert (first.kind, first.title, first.note, first.link) == ("miss", "Session s3", "look at the home page", LINK)
    with closing(sqlite3.connect(cases_file())) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_notes_can_be_changed_cases_removed_and_numbers_are_never_reused(workspace: Path) -> None:
    number = flag_case("miss", "One", "", {})
    change_note(number, "seen again")
    assert flagged_cases()[0].note == "seen again"
    unflag_case(number)
    assert flagged_cases() == ()
    assert flag_case("miss", "Two", "", {}) == number + 1
    for act in (lambda: unflag_case(number), lambda: change_note(number, "late")):
        with pytest.raises(BadInput, match="no longer on the list"):
            act()


def test_concurrent_writers_lose_no_case(workspace: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda at: flag_case("session", f"case {at}", "", {}), range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert len(flagged_cases()) == 24


def test_a_first_case_waits_for_the_lock_on_the_new_file(workspace: Path) -> None:
    other = sqlite3.connect(cases_file(), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # the file is not in write-ahead mode yet, and SQLite does not wait to set it
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flag_case, "session", "waited", "", {})
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        other.execute("COMMIT")
        other.close()
        assert waiting.result(timeout=60) == 1


def test_a_read_only_dashboard_changes_no_case(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = flag_case("miss", "One", "", {})
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    for act in (
        lambda: flag_case("miss", "Two", "", {}),
        lambda: change_note(number, "x"),
        lambda: unflag_case(number),
    ):
        with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
            act()
    assert [case.title for case in flagged_cases()] == ["One"]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("gossip", "t", "", {}), "choose one of miss"),
        (("miss", "t" * 301, "", {}), "the title has 301"),
        (("miss", "t", "n" * 4_001, {}), "the note has 4,001"),
        (("miss", "t", "", {"edits": "x" * 8_000}), "the link has"),
    ],
)
def test_a_case_that_does_not_fit_is_refused(
    workspace: Path, values: tuple[str, str, str, dict[str, str]], fault: str
) -> None:
    with pytest.raises(BadInput, match=fault):
        flag_case(*values)


def test_a_folder_in_place_of_the_database_is_named(workspace: Path) -> None:
    cases_file().mkdir(parents=True)
    with pytest.raises(BadInput, match="cannot be used"):
        flagged_cases()


def test_a_damaged_database_is_named(workspace: Path) -> None:
    cases_file().write_bytes(b"this is no database, whatever its name says" * 30)
    with pytest.raises(BadInput, match="cannot be used"):
        flagged_cases()


def test_exports_are_complete_and_hold_no_formula(workspace: Path) -> None:
    flag_case("miss", "=HYPERLINK(1)", 'says "no", twice\nand more', LINK)
    cases = flagged_cases()
    assert json.loads(as_json(cases))[0]["link"] == LINK
    header, row = csv.reader(io.StringIO(as_csv(cases)))
    assert header == ["number", "marked", "kind", "title", "note", "link"]
    assert row[3:] == ["'=HYPERLINK(1)", 'says "no", twice\nand more', "data=tiny&session=s3&edits=remove.1"]


def test_kinds_of_older_lists_are_shown_under_their_new_names(workspace: Path) -> None:
    flag_case("attention sink", "Home page", "", {})
    with sqlite3.connect(cases_file()) as connection:
        connection.execute("UPDATE cases SET kind = 'magnet'")
    connection.close()
    assert [case.kind for case in flagged_cases()] == ["attention sink"]
