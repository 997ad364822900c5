"""`runs` as a shell calls it: what waits, what is renamed, what is deleted only when told twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.background.queue import queued_runs
from streamrec_core.training import manage
from tests.cli.conftest import SETS, Command

NAME = "sixty-transformer-additive-seed42"


@pytest.fixture
def queued(command: Command, data_folder: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run in line that nobody takes out of it; the runs folder."""
    monkeypatch.setattr(manage, "_supervise", lambda at: None)
    found = command("train", "--data", data_folder, *SETS, "--queue", "--json").json()
    assert found == {"run": str(workspace / "runs" / NAME), "state": "waiting"}
    return workspace / "runs"


def test_a_queued_run_waits_and_can_be_taken_out_and_put_back(command: Command, queued: Path) -> None:
    (run,) = command("runs", "list", "--json").json()["runs"]
    assert (run["run"], run["state"], run["place"]) == (NAME, "waiting", 1)
    assert run["settings"]["width"] == 16
    assert NAME in command("runs", "list").out
    assert command("runs", "stop", NAME, "--json").json()["state"] == "stopped"
    assert queued_runs(queued) == ()
    assert command("runs", "resume", NAME, "--json").json()["state"] == "waiting"
    assert queued_runs(queued) == (NAME,)
    assert command("runs", "resume", NAME).code == 2


def test_renaming_and_deleting(command: Command, queued: Path) -> None:
    assert "take it out of line first" in command("runs", "rename", NAME, "better").err
    command("runs", "stop", NAME)
    assert command("runs", "rename", NAME, "better", "--json").json()["run"] == "better"
    said = command("runs", "delete", "better")
    assert (said.code, "add --yes" in said.err, (queued / "better").exists()) == (2, True, True)
    assert command("runs", "delete", "better", "--yes", "--json").json() == {"run": "better", "state": "deleted"}
    assert not (queued / "better").exists()


def test_runs_that_are_not_in_the_workspace_do_not_wait_in_line(
    command: Command, data_folder: Path, queued: Path, tmp_path: Path
) -> None:
    said = command("train", "--data", data_folder, *SETS, "--queue", "--run", tmp_path / "elsewhere")
    assert said.code == 2
    assert "leave out --run, or name a folder there" in said.err
    assert not (tmp_path / "elsewhere").exists()
