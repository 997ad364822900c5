"""Study files: frozen, found by name, refused when changed, damaged or read-only."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from streamrec_core.errors import BadInput, Refused
from streamrec_core.study.invitations import invite, revoke
from streamrec_core.study.rating import enter, say
from streamrec_core.study.store import delete_study, list_studies, read_study, reading, study_folder
from tests.study.worlds import planted_study, rate


def test_a_study_is_read_back_as_it_was_written(workspace: Path) -> None:
    card = planted_study()
    assert list_studies() == ("planted",)
    assert read_study("planted")[0] == card
    assert [case.texts["generic"].text for case in read_study("planted")[1]] == [
        f"generic text of case {number}" for number in range(4)
    ]
    assert [path.name for path in study_folder().iterdir() if path.name.startswith(".")] == []


def test_the_file_is_in_wal_mode_and_synced_in_full(workspace: Path) -> None:
    planted_study()
    with reading("planted") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_an_existing_study_is_never_overwritten(workspace: Path) -> None:
    planted_study()
    with pytest.raises(BadInput, match="study 'planted' exists already; choose another name"):
        planted_study()


@pytest.mark.parametrize("name", ["", "../up", "a/b", "Upper", "-dash", "a" * 41, "a.sqlite", "ü"])
def test_names_that_could_lead_elsewhere_are_refused(workspace: Path, name: str) -> None:
    with pytest.raises(BadInput, match="is not a valid study name"):
        planted_study(name)
    with pytest.raises(BadInput, match="no study"):
        read_study(name)


def test_cases_changed_in_the_file_are_refused(workspace: Path) -> None:
    planted_study()
    with reading("planted") as db:
        db.execute("UPDATE cases SET body = replace(body, 'generic text', 'better text') WHERE number = 1")
    with pytest.raises(Refused, match="have changed since it began"):
        read_study("planted")


def test_a_damaged_study_is_reported_and_does_not_affect_others(workspace: Path) -> None:
    planted_study("whole")
    (invitation,) = invite("whole", 1)
    (study_folder() / "broken.sqlite").write_bytes(b"no database at all, " * 100)
    with pytest.raises(BadInput, match=r"study 'broken' is damaged .*restore broken\.sqlite"):
        read_study("broken")
    assert enter(invitation.code).study == "whole"


def test_a_deleted_study_leaves_nothing(workspace: Path) -> None:
    planted_study()
    invite("planted", 1)
    delete_study("planted")
    assert list(study_folder().iterdir()) == []
    with pytest.raises(BadInput, match="no study 'planted'; there are none yet"):
        delete_study("planted")


def test_read_only_refuses_what_organisers_do_and_lets_raters_answer(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted_study()
    (invitation,) = invite("planted", 1)
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    for action in (
        lambda: planted_study("other"),
        lambda: invite("planted", 1),
        lambda: revoke("planted", 1),
        lambda: delete_study("planted"),
    ):
        with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
            action()
    rate(invitation.code, 0, lambda rater, arm, case: (3, "later"))
    assert enter(invitation.code).done == 4


def test_no_data_that_could_identify_a_rater_is_stored(workspace: Path) -> None:
    planted_study()
    (invitation,) = invite("planted", 1)
    say_all = lambda rater, arm, case: (3, "later")  # noqa: E731
    rate(invitation.code, 0, say_all)
    with reading("planted") as db:
        columns = {
            table: [row[1] for row in db.execute(f"SELECT * FROM pragma_table_info('{table}')")]
            for table in ("raters", "answers")
        }
        dump = "\n".join(db.iterdump())
    assert columns["raters"] == ["rater", "code_hash", "turn", "revoked"]
    assert columns["answers"] == ["rater", "case_number", "arm", "place", "trust", "prediction", "seconds", "done"]
    assert invitation.code not in dump
    assert invitation.code.replace("-", "") not in dump


def test_the_file_itself_refuses_values_off_the_scale(workspace: Path) -> None:
    planted_study()
    (invitation,) = invite("planted", 1)
    rate(invitation.code, 0, lambda rater, arm, case: (3, "later"), tasks=1)
    for change in ("trust = 6", "trust = 0", "prediction = 'maybe'", "trust = NULL"):
        with reading("planted") as db, pytest.raises(sqlite3.IntegrityError):
            db.execute(f"UPDATE answers SET {change}")
    with pytest.raises(BadInput, match="trust 6 is not on the scale"):
        say(invitation.code, 0, trust=6)
