"""Runs as processes of their own: the line, stopping, going on after a kill, and everything that is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.background.queue import is_supervised, queue_locked, queued_runs
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput, Refused
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from streamrec_core.training import manage
from streamrec_core.training.events import RunDone, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.loop_state import LoopState
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Launch, Status, live_process, read_launch
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.settings import RunConfig
from streamrec_core.training.summary import NEVER_STARTED, list_runs, signature, summarise
from streamrec_core.training.supervisor import STOPPED_EARLY, settle
from streamrec_core.unfinished import start_ticks
from tests.worlds import SMALL, chain_dataset, written

PATIENCE = 400
QUICK = {**SMALL, "epochs": 2, "batch_size": 32}
LONG = {**SMALL, "epochs": 500, "batch_size": 8, "patience": 500}


@pytest.fixture
def runs(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The runs folder of an empty workspace; whatever still goes on in it is ended afterwards."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = workspace / "runs"
    yield folder
    with queue_locked(folder):
        (folder / ".line.json").unlink(missing_ok=True)
    for path in folder.glob("[!.]*"):
        process = live_process(path)
        if process is not None and process.pid != os.getpid():
            os.kill(process.pid, signal.SIGKILL)
    until(lambda: not supervised(folder), "the supervisor to leave")


@pytest.fixture
def dataset(workspace: Path) -> DataSet:
    return written(chain_dataset(sessions=400), workspace / "data" / "chain")


def config(dataset: DataSet, name: str, **overrides: Any) -> RunConfig:
    return new_run(name, dataset, "transformer", "plain", overrides)


def until(happens: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def state(runs: Path, name: str) -> str:
    run = list_runs(runs).get(name)
    return run.state if run else "none"


def supervised(runs: Path) -> bool:
    with queue_locked(runs):
        return is_supervised(runs)


def steps(run: RunFolder) -> list[int]:
    return [event.step for event in run.events() if isinstance(event, StepDone)]


def test_runs_train_one_at_a_time_in_the_order_in_which_they_came(dataset: DataSet, runs: Path) -> None:
    first = manage.start(runs, config(dataset, "first", **LONG))
    second = manage.start(runs, config(dataset, "second", **QUICK))
    manage.start(runs, config(dataset, "third", **QUICK))
    until(lambda: steps(first), "the first step")
    listed = list_runs(runs)
    assert [run.name for run in listed.queued] == ["second", "third"]
    assert [run.queue_position for run in listed.queued] == [1, 2]
    assert [run.name for run in listed.training] == ["first"]
    assert live_process(second.path) is None
    manage.stop(runs, "third")
    manage.stop(runs, "first")
    until(lambda: state(runs, "second") == "done", "the second run to be done")
    assert state(runs, "first") == "stopped"
    assert first.saved_state() is not None
    assert (state(runs, "third"), list_runs(runs).runs[0].message) == ("stopped", NEVER_STARTED)
    assert any(isinstance(event, RunDone) for event in second.events())
    until(lambda: not supervised(runs), "the supervisor to leave")
    assert zombies() == []


def zombies() -> list[str]:
    """Children of this process that ended and that nobody asked for their exit code."""
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] == "Z" and int(fields[1]) == os.getpid():
            pids.append(stat.parent.name)
    return pids


def test_a_stopped_run_is_resumed_and_ends_as_one_that_was_not_stopped(dataset: DataSet, runs: Path) -> None:
    settings = {**SMALL, "epochs": 2, "batch_size": 1, "dropout": 0.2}
    parted = manage.start(runs, config(dataset, "parted", **settings))
    until(lambda: steps(parted), "the first step")
    manage.stop(runs, "parted")
    until(lambda: state(runs, "parted") == "stopped", "the run to stop")
    before = len(steps(parted))
    manage.resume(runs, "parted")
    until(lambda: state(runs, "parted") == "done", "the run to be done")
    whole = RunFolder(runs / "whole")
    whole.begin(config(dataset, "whole", **settings))
    list(train(whole, dataset))
    weights = [(run.best / "weights.safetensors").read_bytes() for run in (parted, whole)]
    assert weights[0] == weights[1]
    assert steps(parted) == steps(whole)
    assert 0 < before < len(steps(whole))


def test_a_killed_training_says_why_and_the_next_one_begins(dataset: DataSet, runs: Path) -> None:
    killed = manage.start(runs, config(dataset, "killed", **LONG))
    manage.start(runs, config(dataset, "next", **QUICK))
    until(lambda: steps(killed), "the first step")
    process = live_process(killed.path)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: state(runs, "next") == "done", "the next run to be done")
    summary = list_runs(runs).get("killed")
    assert summary is not None
    assert (summary.state, summary.message) == (
        "failed",
        "the process was killed (signal 9); often the machine ran out of memory",
    )


def test_a_killed_supervisor_takes_nothing_with_it(dataset: DataSet, runs: Path) -> None:
    first = manage.start(runs, config(dataset, "first", **LONG))
    manage.start(runs, config(dataset, "second", **QUICK))
    until(lambda: steps(first), "the first step")
    supervisor = next(
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(runs) in path.read_text(errors="replace") and "training.supervisor" in path.read_text(errors="replace")
    )
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not supervised(runs), "the supervisor to be gone")
    done = len(steps(first))
    until(lambda: len(steps(first)) > done, "the run to go on without it")
    manage.advance(runs)
    until(lambda: supervised(runs), "a new supervisor")
    assert [run.name for run in list_runs(runs).queued] == ["second"]
    manage.stop(runs, "first")
    until(lambda: state(runs, "second") == "done", "the second run to be done")
    assert state(runs, "first") == "stopped"


def test_many_who_start_at_once_get_one_supervisor_and_lose_no_run(dataset: DataSet, runs: Path) -> None:
    # Runs whose data are gone end at once; what counts here is who starts them.
    configs = [config(dataset, f"run{number}").model_copy(update={"data": "gone"}) for number in range(3)]
    with ThreadPoolExecutor(len(configs)) as starters:
        list(starters.map(lambda config_of_run: manage.start(runs, config_of_run), configs))
    until(
        lambda: all(state(runs, config_of_run.name) == "failed" for config_of_run in configs),
        "all to have had their turn",
    )
    assert queued_runs(runs) == ()
    launches = [read_launch(runs / config_of_run.name) for config_of_run in configs]
    assert len({launch.pid for launch in launches if launch}) == 3


def test_a_run_that_cannot_begin_says_why(dataset: DataSet, runs: Path) -> None:
    manage.start(runs, config(dataset, "lost", **QUICK).model_copy(update={"data": "gone"}))
    until(lambda: state(runs, "lost") == "failed", "the run to fail")
    failed = list_runs(runs).get("lost")
    assert failed is not None
    assert failed.message.startswith("no data set 'gone'; there are streamrec, case-study")
    (dataset.folder or Path()).rename(runs.parent / "data" / "gone")
    manage.resume(runs, "lost")
    until(lambda: state(runs, "lost") == "done", "the run to be done once its data are back")


def test_a_run_is_stopped_while_it_still_starts(dataset: DataSet, runs: Path) -> None:
    run = manage.start(runs, config(dataset, "early", **LONG))
    until(lambda: state(runs, "early") == "starting", "its process")
    manage.stop(runs, "early")
    until(lambda: state(runs, "early") == "stopped", "it to stop")
    assert len(steps(run)) < 10


def test_a_process_that_ended_unasked_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    until(lambda: "Z" in Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0], "a zombie")
    assert start_ticks(child.pid) == 0
    child.wait()
    assert start_ticks(child.pid) == 0
    assert start_ticks(os.getpid()) > 0


# --- what needs no process


@pytest.fixture
def resting(dataset: DataSet, runs: Path) -> RunFolder:
    """A run that was begun and that nobody started."""
    run = RunFolder(runs / "resting")
    run.begin(config(dataset, "resting", **QUICK))
    return run


def test_two_processes_never_train_the_same_run(resting: RunFolder) -> None:
    refused = pytest.raises(Refused, match="another process is training resting; stop that one first")
    with resting.lock(), refused, resting.lock():
        pass
    with resting.lock():
        pass


def test_names_that_lead_elsewhere_are_no_runs(resting: RunFolder, runs: Path, tmp_path: Path) -> None:
    outside = RunFolder(tmp_path / "outside")
    outside.begin(resting.config())
    (runs / "link").symlink_to(outside.path)
    for name in ("../outside", str(outside.path), "link", ".", "..", "", "gone", "resting/../resting", ".line.json"):
        for act in (manage.stop, manage.resume, manage.delete, lambda at, run_name: manage.rename(at, run_name, "new")):
            with pytest.raises(BadInput, match="no run"):
                act(runs, name)
    assert outside.exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "-x", "a b", "a..b", "x" * 81, "a\n", "ä"])
def test_names_that_cannot_be_are_refused(name: str, resting: RunFolder, runs: Path) -> None:
    with pytest.raises(BadInput, match="cannot be the name of a run; use letters"):
        manage.rename(runs, "resting", name)
    with pytest.raises(BadInput, match="cannot be the name of a run; use letters"):
        manage.start(runs, resting.config().model_copy(update={"name": name}))
    assert [path.name for path in runs.glob("[!.]*")] == ["resting"]


def test_a_name_that_is_taken_is_refused(resting: RunFolder, runs: Path) -> None:
    with pytest.raises(BadInput, match="there is a run named resting already"):
        manage.start(runs, resting.config())
    other = RunFolder(runs / "other")
    other.begin(resting.config())
    with pytest.raises(BadInput, match="there is a run named resting already"):
        manage.rename(runs, "other", "resting")
    assert manage.free_name(runs, "resting") == "resting-2"
    assert manage.free_name(runs, "my data / réel") == "my-data-r-el"
    assert manage.free_name(runs, "///") == "run"


def test_a_renamed_run_is_known_by_its_new_name_everywhere(resting: RunFolder, runs: Path, dataset: DataSet) -> None:
    list(train(resting, dataset))
    stamp = (resting.best / "weights.safetensors").stat().st_mtime_ns
    renamed = manage.rename(runs, "resting", "better")
    assert not resting.path.exists()
    assert renamed.config().name == "better"
    assert list_checkpoints()["better"] == renamed.best
    assert load_checkpoint(renamed.best, dataset.catalogue).name == "better"
    assert (renamed.best / "weights.safetensors").stat().st_mtime_ns != stamp
    assert state(runs, "better") == "done"


def test_a_deleted_run_is_gone_and_one_that_goes_on_is_kept(resting: RunFolder, runs: Path) -> None:
    resting.set_status("running", LoopState())
    with pytest.raises(BadInput, match="resting is training; stop it first"):
        manage.delete(runs, "resting")
    with pytest.raises(BadInput, match="resting is training; stop it first"):
        manage.rename(runs, "resting", "new")
    with pytest.raises(BadInput, match="nothing to resume"):
        manage.resume(runs, "resting")
    resting.set_status("stopped", LoopState())
    manage.delete(runs, "resting")
    assert list(runs.glob("[!.]*")) == []
    assert list(runs.glob(".*.part")) == []
    with pytest.raises(BadInput, match="no run 'resting' here"):
        manage.delete(runs, "resting")


def test_what_does_not_go_on_cannot_be_stopped(resting: RunFolder, runs: Path) -> None:
    with pytest.raises(BadInput, match="resting is not training; there is nothing to stop"):
        manage.stop(runs, "resting")


def test_a_read_only_machine_refuses_every_action(
    resting: RunFolder, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    before = sorted(path.name for path in runs.rglob("*"))
    for act in (
        lambda: manage.start(runs, resting.config().model_copy(update={"name": "new"})),
        lambda: manage.resume(runs, "resting"),
        lambda: manage.stop(runs, "resting"),
        lambda: manage.rename(runs, "resting", "new"),
        lambda: manage.delete(runs, "resting"),
    ):
        with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
            act()
    manage.advance(runs)
    assert sorted(path.name for path in runs.rglob("*")) == before


@pytest.mark.parametrize(
    ("code", "log", "outcome"),
    [
        (2, "loading\nerror: no data set 'x'; there are y\n", ("failed", "no data set 'x'; there are y")),
        (
            1,
            "Traceback\nOSError: [Errno 28] No space left on device\n",
            ("failed", "OSError: [Errno 28] No space left on device"),
        ),
        (3, "", ("failed", "the process ended with exit code 3")),
        (-15, "", ("stopped", STOPPED_EARLY)),
        (-9, "x", ("failed", "the process was killed (signal 9); often the machine ran out of memory")),
    ],
)
def test_what_a_process_could_not_say_is_said_for_it(
    code: int, log: str, outcome: tuple[str, str], resting: RunFolder
) -> None:
    (resting.path / "log.txt").write_text(log)
    settle(resting.path, 999_999_999, code)
    summary = summarise(resting.path)
    assert (summary.state, summary.message) == outcome


def test_what_a_process_said_itself_stands(resting: RunFolder) -> None:
    written_status = Status(
        state="failed", epoch=2, step=9, pid=999_999_999, start_ticks=1, message="the loss became nan"
    )
    written_status.write(resting.path / "status.json")
    settle(resting.path, written_status.pid, 1)
    assert resting.status() == written_status
    resting.set_status("running", LoopState(step=3))
    settle(resting.path, 999_999_999, 2)  # a second process was refused while the first one goes on
    status = resting.status()
    assert status is not None
    assert status.state == "running"


def test_damaged_runs_are_named_and_keep_the_others_visible(resting: RunFolder, runs: Path) -> None:
    (runs / "torn").mkdir()
    (runs / "torn" / "config.json").write_text('{"name"')
    (runs / "letters").mkdir()
    before = signature(runs)
    listed = list_runs(runs)
    assert [run.name for run in listed.runs] == ["resting"]
    assert list(listed.damaged) == ["torn"]
    assert "is not valid JSON" in str(listed.damaged["torn"])
    resting.set_status("stopped", LoopState())
    (resting.path / "status.json").unlink()
    Launch.of(os.getpid()).write(resting.path / "launch.json")
    assert state(runs, "resting") == "starting"
    assert signature(runs) != before
    (resting.path / "launch.json").write_text("{")
    assert state(runs, "resting") == "stopped"
