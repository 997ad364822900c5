"""Tasks: liveness, failure without a final state, progress, stopping; locks and the ids of processes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamrec_core.background import task
from streamrec_core.background.locks import is_locked, try_lock
from streamrec_core.background.process import last_line, start_detached
from streamrec_core.background.task import TaskState, is_running, progress_writer, read_state, start_task, stop_task
from streamrec_core.unfinished import start_ticks

SECONDS = 60


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write a module that a task can run; gives its name."""
    first, *rest = sys.path  # children get the path without its first entry, the folder of the program itself
    monkeypatch.setattr(sys, "path", [first, str(tmp_path / "modules"), *rest])
    (tmp_path / "modules").mkdir()

    def write(text: str) -> str:
        (tmp_path / "modules" / "planted_task.py").write_text(text)
        return "planted_task"

    return write


def test_a_task_runs_until_its_process_ends(module: Callable[[str], str], tmp_path: Path) -> None:
    wait = "import pathlib, sys, time\nwhile not (pathlib.Path(sys.argv[1]) / 'go').exists(): time.sleep(0.02)"
    start_task(tmp_path, module(wait), TaskState())
    assert is_running(tmp_path)
    assert read_state(tmp_path, TaskState) == TaskState()
    (tmp_path / "go").touch()
    until(lambda: not is_running(tmp_path))
    state = read_state(tmp_path, TaskState)
    assert (state.stage, state.message) == (
        "failed",
        "It ended before it was done. There may not have been enough memory.",
    )


def test_a_failed_task_quotes_the_end_of_its_log(module: Callable[[str], str], tmp_path: Path) -> None:
    start_task(tmp_path, module("raise SystemExit('disk full\\n\\n')"), TaskState())
    until(lambda: not is_running(tmp_path))
    assert read_state(tmp_path, TaskState).message.endswith("Last line of its log: disk full")


def test_a_final_state_counts_although_the_process_is_gone(tmp_path: Path) -> None:
    TaskState(stage="done", message="7 files", share=1.0).write(tmp_path / task.STATE_FILE)
    assert read_state(tmp_path, TaskState).message == "7 files"


def test_the_state_file_keeps_the_keys_of_earlier_versions(tmp_path: Path) -> None:
    TaskState(message="Reading log.csv", share=0.5).write(tmp_path / task.STATE_FILE)
    stored = json.loads((tmp_path / task.STATE_FILE).read_text())
    assert stored == {"stage": "running", "said": "Reading log.csv", "share": 0.5}


@pytest.mark.parametrize(("ignores", "killed"), [("", False), ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", True)])
def test_a_task_is_asked_to_end_and_then_killed(
    module: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignores: str, killed: bool
) -> None:
    monkeypatch.setattr(task, "GRACE_SECONDS", 0.3 if killed else SECONDS)
    name = module(f"import signal, time\n{ignores}\nprint('up', flush=True)\ntime.sleep(600)")
    start_task(tmp_path, name, TaskState())
    until(lambda: last_line(tmp_path / task.LOG_FILE) == "up")
    assert stop_task(tmp_path) == killed
    assert not is_running(tmp_path)


def test_progress_is_written_when_the_activity_changes_and_otherwise_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task.time, "monotonic", iter([1.0, 1.1, 1.2, 9.0]).__next__)
    write = progress_writer(tmp_path, lambda activity, share: TaskState(message=activity, share=share))
    shares = []
    for activity, share in (("Reading", 0.1), ("Reading", 0.2), ("Writing", 0.3), ("Writing", 0.4)):
        write(activity, share)
        shares.append(TaskState.read(tmp_path / task.STATE_FILE).share)
    assert shares == [0.1, 0.1, 0.3, 0.4]


def test_a_lock_has_one_holder_and_is_free_after_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    lock = try_lock(path)
    assert lock is not None
    assert is_locked(path)
    assert try_lock(path) is None
    os.close(lock)
    assert not is_locked(path)


def test_a_child_that_ended_has_no_start_ticks_and_leaves_no_zombie(tmp_path: Path) -> None:
    child = start_detached(["this"], tmp_path / "log")
    assert child.wait(SECONDS) == 0
    assert start_ticks(child.pid) == 0
    until(lambda: not Path(f"/proc/{child.pid}").exists())
    assert start_ticks(os.getpid()) > 0
    assert last_line(tmp_path / "log").startswith("Namespaces are one honking great idea")
