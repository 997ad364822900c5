"""The `runs` commands: queue, stop, resume, rename, and delete with a confirmation."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.background.queue import queued_runs
from streamrec_core.training import manage
from tests.cli.conftest import SETS, Command

NAME = "sixty-transformer-additive-seed42"


@pytest.fixture
def queued(command: Command, data_folder: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queued run that no supervisor starts; the runs folder."""
    monkeypatch.setattr(manage, "_supervise", lambda at: None)
    document = command("train", "--data", data_folder, *SETS, "--queue", "--json").json()
    assert document == {"run": str(workspace / "runs" / NAME), "state": "waiting"}
    return workspace / "runs"


def test_a_queued_run_can_be_stopped_and_queued_again(command: Command, queued: Path) -> None:
    (run,) = command("runs", "list", "--json").json()["runs"]
    assert (run["run"], run["state"], run["place"]) == (NAME, "waiting", 1)
    assert run["settings"]["width"] == 16
    assert NAME in command("runs", "list").out
    assert command("runs", "stop", NAME, "--json").json()["state"] == "stopped"
    assert queued_runs(queued) == ()
    assert command("runs", "resume", NAME, "--json").json()["state"] == "waiting"
    assert queued_runs(queued) == (NAME,)
    assert command("runs", "resume", NAME).code == 2


def test_runs_are_renamed_and_deleted(command: Command, queued: Path) -> None:
    assert "remove it from the queue first" in command("runs", "rename", NAME, "better").err
    command("runs", "stop", NAME)
    assert command("runs", "rename", NAME, "better", "--json").json()["run"] == "better"
    output = command("runs", "delete", "better")
    assert (output.code, "add --yes" in output.err, (queued / "better").exists()) == (2, True, True)
    assert command("runs", "delete", "better", "--yes", "--json").json() == {"run": "better", "state": "deleted"}
    assert not (queued / "better").exists()


def test_runs_outside_the_workspace_cannot_be_queued(
    command: Command, data_folder: Path, queued: Path, tmp_path: Path
) -> None:
    output = command("train", "--data", data_folder, *SETS, "--queue", "--run", tmp_path / "elsewhere")
    assert output.code == 2
    assert "leave out --run, or name a folder there" in output.err
    assert not (tmp_path / "elsewhere").exists()
