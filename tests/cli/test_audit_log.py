"""`audit log`: whatever imports, trains, reports or deletes has its entry, and a cut tail shows beside a pack."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from streamrec_core.audit_log import audit_file
from tests.cli.conftest import Command

LOG = "session,item\n" + "".join(f"s{session},i{(session + step) % 9}\n" for session in range(60) for step in range(6))
SMALL = [f"--set={name}" for name in ("width=8", "heads=2", "feed_forward=8", "layers=1")]


@pytest.mark.usefixtures("workspace")
def test_what_commands_do_is_listed_and_a_cut_tail_shows_beside_a_pack(command: Command, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    columns = ("--session-column", "session", "--item-column", "item")
    for words in (
        ("data", "import", "table", tmp_path / "log.csv", *columns, "--name", "shop"),
        ("train", "--data", "shop", "--run", tmp_path / "first", "--recipe", "plain", "--epochs", 1, *SMALL),
        ("report", "--run", tmp_path / "first", "--weighed", 20, "--looked-at", 5, "--explained", 2, "--no-pdf"),
    ):
        outcome = command(*words)
        assert outcome.code == 0, outcome.err
    listed = json.loads(command("audit", "log", "--check", "--json").out)
    assert [entry["action"] for entry in listed["entries"]] == ["import", "train", "report"]
    assert (listed["sound"], listed["packs"]) == (True, 1)
    assert "3 entries, unbroken; 1 packs agree with it" in command("audit", "log", "--check").out
    database = sqlite3.connect(audit_file())
    database.executescript("DROP TRIGGER no_delete; DELETE FROM entries WHERE number = 3;")
    database.close()
    outcome = command("audit", "log", "--check")
    assert outcome.code == 2
    assert f"{audit_file()}: the audit log was changed" in outcome.err
    assert "its tail was cut" in outcome.err
