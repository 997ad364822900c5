"""The start of a program clears the workspace and ends what a killed process had begun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.recovery import recover_workspace
from tests.test_unfinished import left_by_another


def run_of(workspace: Path, name: str, in_config: str, on_card: str) -> Path:
    run = workspace / "runs" / name
    (run / "best").mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"name": in_config, "rest": "é"}), encoding="utf-8")
    (run / "best" / "card.json").write_text(json.dumps({"name": on_card}))
    (run / "best" / "weights.safetensors").write_bytes(b"w")
    return run


def test_leftovers_of_every_kind_go(workspace: Path) -> None:
    for parent in ("data", "packs", "study", "runs/a/history/epoch-001", "jobs/job-1", "packs/.making/x"):
        (workspace / parent).mkdir(parents=True)
        left_by_another(workspace / parent / "thing").write_text("half")
    (workspace / "study" / "gone.sqlite-wal").write_bytes(b"x")
    (workspace / "study" / "here.sqlite-wal").write_bytes(b"x")
    (workspace / "study" / "here.sqlite").write_bytes(b"x")
    recover_workspace()
    files = {str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file()}
    assert files == {"study/here.sqlite", "study/here.sqlite-wal"}


def test_batches_of_explanations_go_where_they_are_in_the_file_and_stay_where_they_are_not(workspace: Path) -> None:
    for name, joined, file in (("done.csv", True, True), ("early.csv", True, False), ("half.csv", False, True)):
        parts = workspace / f".{name}.parts"
        parts.mkdir()
        (parts / "000000.parquet").write_bytes(b"x")
        if joined:
            (parts / "joined").touch()
        if file:
            (workspace / name).write_text("x")
    recover_workspace()
    assert {path.name for path in workspace.glob(".*.parts")} == {".early.csv.parts", ".half.csv.parts"}


def test_a_renaming_that_was_killed_is_completed(workspace: Path) -> None:
    run = run_of(workspace, "new", "old", "old")
    damaged = run_of(workspace, "damaged", "old", "old")
    (damaged / "best" / "card.json").write_text("{")
    for number, text in enumerate(("[]", "3", "{", "[" * 100_000, '{"name": ' + "9" * 9_000 + "}")):
        (run_of(workspace, f"other-{number}", "", "") / "config.json").write_text(text)
    whole = run_of(workspace, "whole", "whole", "as shipped")
    recover_workspace()
    assert json.loads((run / "config.json").read_text(encoding="utf-8")) == {"name": "new", "rest": "é"}
    assert json.loads((run / "best" / "card.json").read_text())["name"] == "new"
    assert json.loads((damaged / "config.json").read_text(encoding="utf-8"))["name"] == "damaged"
    assert (damaged / "best" / "card.json").read_text() == "{"
    assert json.loads((whole / "best" / "card.json").read_text())["name"] == "as shipped"


def test_a_read_only_program_changes_nothing(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = left_by_another(workspace / "thing")
    part.write_text("half")
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    recover_workspace()
    assert part.exists()
