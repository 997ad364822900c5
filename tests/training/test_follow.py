"""Following a run: each event is taken in once, whatever was torn, repeated or replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted, StepDone
from streamrec_core.training.follow import Follower
from streamrec_core.training.run_folder import RunFolder


def started(done: int = 0) -> RunStarted:
    return RunStarted(epochs=2, steps_per_epoch=4, done_steps=done, parameters=1, device="cpu")


def step(number: int, loss: float = 1.0) -> StepDone:
    epoch = (number - 1) // 4 + 1
    return StepDone(epoch=epoch, step=number, loss=loss, learning_rate=0.1, events_per_second=9, seconds_left=3)


def epoch(number: int, **metrics: Any) -> EpochDone:
    return EpochDone(epoch=number, step=4 * number, train_loss=1, metrics=metrics, best=True, seconds=1)


def tell(run: RunFolder, *events: Event) -> None:
    for event in events:
        run.append(event)


def run_in(folder: Path) -> RunFolder:
    folder.mkdir()
    return RunFolder(folder)


def test_only_what_was_added_is_read(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")
    follower = Follower(run.path)
    assert follower.progress().share == 0
    tell(run, started(), step(1, 3.0), step(2, 2.0))
    first = follower.progress()
    assert (list(first.steps), list(first.losses), first.share) == ([1, 2], [3.0, 2.0], 0.25)
    assert follower.progress() is first
    # what was read is not read again: changing it in place is not noticed
    path = run.path / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"loss":3.0', b'"loss":9.0'))
    tell(run, step(3), step(4), epoch(1, **{"hit@10": 0.5}))
    second = follower.progress()
    assert list(second.losses) == [3.0, 2.0, 1.0, 1.0]
    assert [epoch_done.metrics["hit@10"] for epoch_done in second.epochs] == [0.5]
    assert list(first.steps) == [1, 2]


def test_a_torn_line_waits_for_its_end_and_one_that_never_ends_is_passed_over(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")
    tell(run, started(), step(1))
    follower = Follower(run.path)
    whole = step(2).model_dump_json()
    with (run.path / "events.jsonl").open("a") as file:
        file.write(whole[:20])
        file.flush()
        assert list(follower.progress().steps) == [1]
        file.write(whole[20:] + "\n" + whole[:9])
    assert list(follower.progress().steps) == [1, 2]
    run.end_torn_line()
    tell(run, step(3))
    assert list(follower.progress().steps) == [1, 2, 3]


def test_steps_done_twice_count_once_and_agree_with_the_whole_list(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")
    follower = Follower(run.path)
    tell(run, started(), *(step(number) for number in range(1, 5)), epoch(1), step(5, 99), step(6, 99))
    assert follower.progress().latest == step(6, 99)
    tell(run, started(done=3))
    again = follower.progress()
    assert (list(again.steps), again.epochs, again.latest) == ([1, 2, 3], (), None)
    tell(run, step(4), epoch(1), step(5, 1))
    progress = follower.progress()
    listed = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert list(progress.steps) == listed == [1, 2, 3, 4, 5]
    assert progress.losses.max() == 1
    assert len(progress.epochs) == 1


def test_a_run_that_ended_early_is_done_until_it_goes_on(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")
    follower = Follower(run.path)
    tell(run, started(), step(1), RunDone(best_epoch=1, reason="no better epoch", metrics={}))
    assert follower.progress().share == 1
    tell(run, started(done=1))
    assert follower.progress().share == 0.125
    assert follower.progress().result is None


def test_another_file_in_its_place_is_read_from_the_start(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run")
    follower = Follower(run.path)
    tell(run, started(), *(step(number) for number in range(1, 9)))
    assert len(follower.progress().steps) == 8
    (run.path / "events.jsonl").rename(tmp_path / "old.jsonl")
    tell(run, started(), step(1, 7.0))
    replaced = follower.progress()
    np.testing.assert_array_equal(replaced.losses, [7.0])
