"""Stopping and going on: whatever ended a run, resuming ends with the weights of a run that nothing interrupted."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import weights_hash
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted, RunStopped, StepDone
from streamrec_core.training.loop import Trainer, train
from streamrec_core.training.loop_state import LoopState
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Status
from streamrec_core.training.run_checkpoints import RunCheckpoints
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.unfinished import start_ticks
from tests.test_unfinished import left_by_another
from tests.worlds import SMALL, chain_dataset, written

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}  # as the tests themselves; more would add in another order
SETTINGS = {**SMALL, "epochs": 3, "batch_size": 8, "dropout": 0.2, "item_dropout": 0.1, "patience": 9}


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    return written(chain_dataset(), tmp_path / "chain")


def begin(dataset: DataSet, folder: Path, model: str = "transformer", **overrides: Any) -> RunFolder:
    """A new run of a `transformer`, an `additive` one or an `lstm`."""
    shape = {"hidden": 8, "width": 16} if model == "lstm" else SMALL
    kind, recipe = ("transformer", "additive") if model == "additive" else (model, "plain")
    rest = {name: value for name, value in SETTINGS.items() if name not in SMALL}
    run = RunFolder(folder)
    run.begin(new_run("run", dataset, kind, recipe, {**shape, **rest, **overrides}))
    return run


def train_until(run: RunFolder, dataset: DataSet, step: int) -> list[Event]:
    """Train, and ask to stop once this step is done."""
    events: list[Event] = []
    for event in train(run, dataset, lambda: isinstance(events[-1], StepDone) and events[-1].step >= step):
        events.append(event)
    return events


def written_down(events: Iterable[Event]) -> list[str]:
    return [event.model_dump_json() for event in events]


def outcome(run: RunFolder) -> dict[str, Any]:
    """All that must not depend on interruptions: weights, optimiser, loop state, and the figures of each epoch."""
    events = list(run.events())
    files = (
        run.last / "weights.safetensors",
        run.last / "optimiser.safetensors",
        run.best / "weights.safetensors",
    )
    state = json.loads((run.last / "state.json").read_text())
    del state["epoch_done"]["seconds"]  # all else is the same to the last bit
    return {
        "state": state,
        "files": [file.read_bytes() for file in files],
        "losses": [event.loss for event in events if isinstance(event, StepDone)],
        "epochs": [(epoch.train_loss, epoch.metrics, epoch.best) for epoch in events if isinstance(epoch, EpochDone)],
        "test": [event.metrics for event in events if isinstance(event, RunDone)],
    }


@pytest.mark.parametrize("model", ["transformer", "additive", "lstm"])
@pytest.mark.parametrize("steps", [1, 4, 6, 13])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(
    model: str, steps: int, dataset: DataSet, tmp_path: Path
) -> None:
    whole = begin(dataset, tmp_path / "whole", model)
    list(train(whole, dataset))
    parted = begin(dataset, tmp_path / "parted", model)
    first = train_until(parted, dataset, steps)
    # six steps make an epoch; stopping at its last step takes effect in the next one
    stopped = first[-1]
    assert isinstance(stopped, RunStopped)
    assert stopped.step == (7 if steps == 6 else steps)
    status = parted.status()
    assert status is not None
    assert (status.state, status.step) == ("stopped", stopped.step)
    second = list(train(parted, dataset))
    assert isinstance(second[0], RunStarted)
    assert second[0].done_steps == stopped.step
    assert outcome(parted) == outcome(whole)


def followers(run: RunFolder, dataset: DataSet) -> FollowerTable:
    """The table of an additive run as its trainer holds it at the start, or on resuming."""
    model = Trainer(run, run.config(), dataset, torch.device("cpu")).model
    assert isinstance(model, AdditiveModel)
    return model.followers


def test_a_resumed_run_takes_its_followers_from_its_weights_and_counts_anew_what_only_training_needs(
    dataset: DataSet, tmp_path: Path
) -> None:
    run = begin(dataset, tmp_path / "run", "additive")
    fresh = followers(run, dataset)
    # In this world item n + 1 follows item n and no other does: one follower each, counted far more than twice.
    assert fresh.columns[:10, 0].tolist() == [*range(1, 10), 0]
    assert bool((fresh.strength[:10, 0] > fresh.without_one[:10, 0]).all())
    assert float(fresh.without_one[:10, 0].min()) > 0
    train_until(run, dataset, 4)
    weights = run.last / "weights.safetensors"
    stored = load_file(weights)
    assert "followers.without_one" not in stored
    # Marked weights tell what is read from what is counted.
    stored["followers.strength"] *= 2
    stored["followers.columns"] = stored["followers.columns"].flip(1)
    save_file(stored, weights)
    card = ModelCard.read(run.last / "card.json")
    card.model_copy(update={"weights_sha256": weights_hash(run.last)}).write(run.last / "card.json")
    resumed = followers(run, dataset)
    assert torch.equal(resumed.strength, fresh.strength * 2)
    assert torch.equal(resumed.columns, fresh.columns.flip(1))
    assert torch.equal(resumed.without_one, fresh.without_one)


def test_a_run_may_be_stopped_many_times(dataset: DataSet, tmp_path: Path) -> None:
    whole, parted = begin(dataset, tmp_path / "whole"), begin(dataset, tmp_path / "parted")
    list(train(whole, dataset))
    for step in range(2, 21, 3):
        train_until(parted, dataset, step)
    assert outcome(parted) == outcome(whole)


def test_another_process_can_ask_a_run_to_stop(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    seen = []
    for event in train(run, dataset):
        seen.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            run.request_stop()
    # asked after the third step was told, the run notices after the same step
    assert isinstance(seen[-1], RunStopped)
    assert seen[-1].step in (3, 4)
    assert isinstance(list(train(run, dataset))[-1], RunDone)
    assert not run.stop_requested()


def test_a_reader_that_walks_away_leaves_a_run_that_can_go_on(dataset: DataSet, tmp_path: Path) -> None:
    whole, left = begin(dataset, tmp_path / "whole"), begin(dataset, tmp_path / "left")
    list(train(whole, dataset))
    events = train(left, dataset)
    for event in events:
        if isinstance(event, StepDone) and event.step == 9:
            break
    events.close()  # type: ignore[attr-defined]
    list(train(left, dataset))
    assert outcome(left) == outcome(whole)


def test_a_crash_between_the_files_of_an_epoch_changes_nothing(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, torn = begin(dataset, tmp_path / "whole"), begin(dataset, tmp_path / "torn")
    list(train(whole, dataset))
    original = RunCheckpoints.write

    def crash(checkpoints: RunCheckpoints, folder: Path, epoch: int, metrics: Any) -> None:
        if epoch == 2 and folder.parent == checkpoints.run.history and metrics:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))
        original(checkpoints, folder, epoch, metrics)

    monkeypatch.setattr(RunCheckpoints, "write", crash)
    with pytest.raises(OSError, match="No space left"):
        list(train(torn, dataset))
    status = torn.status()
    assert status is not None
    assert status.state == "failed"
    assert status.message.endswith("cannot be used: the disk is full; free some space and try again")
    monkeypatch.undo()
    list(train(torn, dataset))
    assert outcome(torn) == outcome(whole)


def test_a_torn_last_line_is_passed_over_and_the_next_event_begins_on_its_own(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    train_until(run, dataset, 2)
    before = written_down(run.events())
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"kind":"step","epoch":1,"st')
    assert written_down(run.events()) == before
    after = written_down(train(run, dataset))
    assert written_down(run.events()) == before + after


def test_steps_that_a_killed_process_did_and_lost_are_counted_once(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    train_until(run, dataset, 2)
    lost = StepDone(epoch=1, step=3, loss=99, learning_rate=0.1, events_per_second=1, seconds_left=1)
    run.append(lost)
    list(train(run, dataset))
    steps = [event for event in run.events() if isinstance(event, StepDone)]
    assert [event.step for event in steps] == list(range(1, 19))
    assert lost not in steps


def test_a_finished_run_that_is_resumed_stays_as_it_is(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    first = list(train(run, dataset))[-1]
    before = outcome(run)["files"]
    again = list(train(run, dataset))
    assert [event.kind for event in again] == ["started", "done"]
    assert again[-1] == first
    assert outcome(run)["files"] == before


def test_a_run_folder_in_use_is_not_begun_again(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    with pytest.raises(BadInput, match="is not empty; resume the run, or choose another folder"):
        run.begin(run.config())
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(BadInput, match="is not empty; choose another"):
        RunFolder(tmp_path / "letters").begin(run.config())
    with pytest.raises(BadInput, match=r"is no run: it has no config\.json"):
        RunFolder(tmp_path / "letters").config()


def test_a_running_run_whose_process_is_gone_counts_as_stopped(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    assert run.status() is None
    run.set_status("running", LoopState(epoch=2, step=7))
    status = run.status()
    assert status is not None
    assert (status.state, status.pid) == ("running", os.getpid())
    # the same pid, but a process that began at another time
    status.model_copy(update={"start_ticks": status.start_ticks + 1}).write(run.path / "status.json")
    now = run.status()
    assert now == Status(
        state="stopped",
        epoch=2,
        step=7,
        pid=os.getpid(),
        start_ticks=status.start_ticks + 1,
        message="the process ended without a message",
    )
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    assert start_ticks(int(gone.stdout)) == 0


def test_a_run_goes_on_from_the_state_that_a_crash_left_aside(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.saved_state() is None
    aside = left_by_another(run.last, "old")
    aside.mkdir()
    (aside / "state.json").write_text("{}")
    assert run.saved_state() == run.last
    assert not aside.exists()


@pytest.mark.parametrize("hashed", [True, False])
def test_a_run_never_goes_on_from_a_state_with_another_digit(tmp_path: Path, hashed: bool) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    run = begin(dataset, tmp_path / "run", epochs=2)
    list(train(run, dataset, lambda: True))
    state = LoopState.read(run.last / "state.json")
    other = ("1" if state.random_state[0] == "0" else "0") if hashed else "x"  # older runs have no hash
    changed = state.model_copy(update={"random_state": other + state.random_state[1:]})
    changed.model_copy(update={} if hashed else {"sha256": ""}).write(run.last / "state.json")
    with pytest.raises(StreamRecError, match=r"state\.json") as caught:
        list(train(run, dataset))
    assert "restore it" in str(caught.value)
    state.write(run.last / "state.json")
    list(train(run, dataset))


@pytest.mark.parametrize("file", ["weights.safetensors", "optimiser.safetensors"])
@pytest.mark.parametrize("damage", ["one bit", "cut", "missing"])
def test_a_run_never_goes_on_from_files_that_changed(tmp_path: Path, file: str, damage: str) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    run = begin(dataset, tmp_path / "run", epochs=2)
    list(train(run, dataset, lambda: True))
    path = run.last / file
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[-3] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.unlink()
    with pytest.raises(StreamRecError, match=file) as caught:
        list(train(run, dataset))
    assert "restore it" in str(caught.value)


def test_what_a_killed_process_left_unfinished_is_cleared_when_the_run_goes_on(tmp_path: Path) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    run = begin(dataset, tmp_path / "run", epochs=1)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (run.path / f".status.json.{int(gone.stdout)}.part").write_text("{")
    list(train(run, dataset))
    assert not list(run.path.rglob("*.part"))


def test_the_event_of_a_saved_epoch_is_added_where_a_killed_process_could_not(tmp_path: Path) -> None:
    dataset = written(chain_dataset(), tmp_path / "chain")
    whole, killed = (begin(dataset, tmp_path / name, epochs=2) for name in ("whole", "killed"))
    list(train(whole, dataset))
    for event in train(killed, dataset):
        if isinstance(event, EpochDone):
            break
    # As if the process had been killed after it saved the epoch and before it wrote the event.
    path = killed.path / "events.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"metrics"' not in line))
    assert not [event for event in killed.events() if isinstance(event, EpochDone)]
    list(train(killed, dataset))
    epochs = [[event.epoch for event in run.events() if isinstance(event, EpochDone)] for run in (whole, killed)]
    assert epochs == [[1, 2], [1, 2]]


def test_a_process_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    dataset = written(chain_dataset(sessions=400), tmp_path / "chain")
    whole, killed = (begin(dataset, tmp_path / name, epochs=3) for name in ("whole", "killed"))
    list(train(whole, dataset))
    command = [sys.executable, "-m", "streamrec_core", "train", "--run", str(killed.path), "--resume", "--json"]
    process = subprocess.Popen(command, cwd=ROOT, env=ONE_THREAD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not any(isinstance(event, EpochDone) for event in killed.events()):
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    status = killed.status()
    assert status is not None
    assert status.state == "stopped"
    assert not any(isinstance(event, RunDone) for event in killed.events())
    done = subprocess.run(command, cwd=ROOT, env=ONE_THREAD, capture_output=True, check=True)
    assert json.loads(done.stdout)["state"] == "done"
    assert outcome(killed) == outcome(whole)
