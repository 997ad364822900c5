"""The audit log: every action has its entry, and any change to the log shows."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streamrec_core.audit_log import FIRST, AuditHead, audit_file, audit_head, chain_faults, entries, record
from streamrec_core.errors import BadInput
from streamrec_core.permissions import Person, Role, identify_by

pytestmark = pytest.mark.usefixtures("workspace")


def changed(*statements: str) -> None:
    """Do by hand what the program never does."""
    database = sqlite3.connect(audit_file())
    database.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete;" + "".join(statements))
    database.close()


def five() -> None:
    for number in range(5):
        record("import", f"set-{number}", {"events": number})


def test_entries_chain_from_the_first_and_name_the_actor() -> None:
    before = identify_by(lambda: Person("ana@example.org", Role.ANALYST))
    first = record("import", "shop", {"events": "ab"})
    identify_by(before)
    second = record("train", "run-1")
    chain = entries()
    assert [(entry.number, entry.action, entry.subject) for entry in chain] == [
        (1, "import", "shop"),
        (2, "train", "run-1"),
    ]
    assert chain[0].actor == "ana@example.org"
    assert chain[1].actor not in ("", "ana@example.org")
    assert (chain[0].previous, chain[1].previous) == (FIRST, first.hash)
    assert audit_head() == second == AuditHead(number=2, hash=chain[1].hash)
    assert chain_faults(chain, {"a pack": first, "a new workspace": AuditHead()}) == ()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE entries SET actor = 'nobody' WHERE number = 3;", "entry 3 was changed"),
        ("UPDATE entries SET details = '{}' WHERE number = 5;", "entry 5 was changed"),
        ("UPDATE entries SET hash = 'x' WHERE number = 2;", "entry 2 was changed"),
        ("DELETE FROM entries WHERE number = 1;", "entry 1 is missing"),
        ("DELETE FROM entries WHERE number = 4;", "entry 4 is missing"),
        ("DELETE FROM entries WHERE number = 4; UPDATE entries SET number = 4 WHERE number = 5;", "entry 4 does not"),
        ("UPDATE entries SET details = '[' WHERE number = 1;", "entry 1 was changed"),
    ],
)
def test_a_changed_or_removed_entry_breaks_the_chain(statement: str, fault: str) -> None:
    five()
    assert chain_faults(entries()) == ()
    changed(statement)
    (only,) = chain_faults(entries())
    assert only.startswith(fault)


def test_a_cut_tail_shows_beside_a_head_kept_elsewhere_and_only_there() -> None:
    five()
    head = audit_head()
    changed("DELETE FROM entries WHERE number > 3;")
    assert chain_faults(entries()) == ()
    assert chain_faults(entries(), {"pack p": head}) == (
        "pack p was made at entry 5; the log ends at 3: its tail was cut",
    )
    five()  # a tail that was written anew has the same numbers and other hashes
    assert "pack p has" in chain_faults(entries(), {"pack p": head})[0]


def test_the_database_itself_refuses_to_change_an_entry() -> None:
    five()
    database = sqlite3.connect(audit_file())
    for statement in ("UPDATE entries SET actor = 'x'", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            database.execute(statement)
    database.close()


def test_processes_that_write_at_once_make_one_chain() -> None:
    script = "from streamrec_core.audit_log import record\nfor n in range(10): record('import', str(n))"
    writers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    chain = entries()
    assert len(chain) == 30
    assert chain_faults(chain) == ()


def test_read_only_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert record("import", "shop") == AuditHead()
    assert entries() == ()
    assert not audit_file().exists()


@pytest.mark.parametrize("act", [lambda: record("import", "shop"), entries, audit_head])
def test_a_damaged_log_is_named_with_a_way_out(act: Callable[[], object]) -> None:
    audit_file().write_bytes(b"x" * 5000)
    with pytest.raises(BadInput, match=r"audit\.sqlite3 cannot be used: .* move it away"):
        act()
    assert Path(audit_file()).read_bytes() == b"x" * 5000
