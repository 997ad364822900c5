"""Validation and early stopping: no epoch, choice or weight depends on the test part or on a generator's truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamrec_core.data import truth
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import split
from streamrec_core.data.truth import ITEM_FILE, SESSION_FILE, Truth
from streamrec_core.evaluation import ceiling
from streamrec_core.models.checkpoint import read_card
from streamrec_core.training import loop, run_checkpoints, validation
from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.validation import TRAINING_LOSS, monitor_of
from tests.worlds import (
    SMALL,
    catalogue_of,
    chain_dataset,
    dataset_of,
    even_truth,
    log_of,
    no_validation_dataset,
    written,
)

ITEMS = 12
MONITORS = ("ndcg@10", "hit@10", "mrr", "loss")


def begin(dataset: DataSet, folder: Path, **settings: Any) -> RunFolder:
    run = RunFolder(folder)
    short = {**SMALL, "epochs": 4, "batch_size": 16, "learning_rate": 0.01, "dropout": 0.0}
    run.begin(new_run(folder.name, dataset, "transformer", "plain", {**short, **settings}))
    return run


def collect(source: Iterable[Event], events: list[Event]) -> None:
    """Append every event as it comes, so that those before an error are kept."""
    for event in source:
        events.append(event)


def without_clock(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Every event before the final test, its clock readings left out."""
    clock = {"seconds", "seconds_left", "events_per_second"}
    return [event.model_dump(exclude=clock) for event in events if not isinstance(event, RunDone)]


def weights(run: RunFolder) -> list[bytes]:
    folders = (run.best, run.last, run.history / "epoch-001")
    return [(folder / "weights.safetensors").read_bytes() for folder in folders]


def known_dataset(folder: Path) -> DataSet:
    """Sessions of random items with a validation part, and a truth beside them."""
    rng = np.random.default_rng(8)
    log = log_of([rng.integers(0, ITEMS, int(rng.integers(4, 9))).tolist() for _ in range(80)])
    dataset = dataset_of(catalogue_of(ITEMS, 3), log)
    return written(dataset, folder, even_truth(dataset.catalogue, 80))


def nonsense_truth(dataset: DataSet, seed: int) -> Truth:
    """A truth of the right shape that says something else of every session."""
    mass = np.random.default_rng(seed).dirichlet(np.ones(3), len(dataset.log))
    return even_truth(dataset.catalogue, len(dataset.log), mass.tolist())


def other_test_targets(dataset: DataSet) -> DataSet:
    """The same data set with the items of every test session replaced by random ones."""
    log, tests = dataset.log, split(dataset).test.sessions
    inside = np.isin(np.repeat(np.arange(len(log)), log.lengths), tests)
    items = np.where(inside, np.random.default_rng(1).integers(0, 12, len(log.items)), log.items)
    changed = EventLog(log.session_ids, log.offsets, items.astype(np.int32), log.engagements)
    return dataset_of(dataset.catalogue, changed)


@pytest.mark.parametrize("monitor", MONITORS)
def test_truth_that_is_gone_or_nonsense_changes_no_epoch_no_choice_and_no_weight(monitor: str, tmp_path: Path) -> None:
    dataset = known_dataset(tmp_path / "set")
    outcomes = []
    for number, change in enumerate(("as it is", "nonsense", "gone")):
        assert dataset.folder is not None
        if change == "nonsense":
            ids = dataset.log.session_ids
            nonsense_truth(dataset, number).write(dataset.folder, ids, dataset.catalogue)
        if change == "gone":
            (dataset.folder / SESSION_FILE).unlink()
            (dataset.folder / ITEM_FILE).unlink()
        run = begin(dataset, tmp_path / str(number) / "run", monitor=monitor, patience=2)
        events = list(train(run, dataset))
        outcomes.append((without_clock(events), read_card(run.best).epoch, weights(run)))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_no_epoch_asks_for_the_truth_and_the_final_test_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = known_dataset(tmp_path / "set")

    def refuse(*_: Any) -> None:
        raise PermissionError("truth was read")

    for module in (truth, ceiling):
        monkeypatch.setattr(module, "read_truth", refuse)
    events: list[Event] = []
    with pytest.raises(PermissionError, match="truth was read"):
        collect(train(begin(dataset, tmp_path / "run"), dataset), events)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3, 4]


@pytest.mark.parametrize("monitor", MONITORS)
def test_without_validation_the_test_part_changes_no_epoch_no_choice_and_no_weight(
    monitor: str, tmp_path: Path
) -> None:
    first = written(no_validation_dataset(), tmp_path / "first")
    second = written(other_test_targets(no_validation_dataset()), tmp_path / "second")
    outcomes = []
    for dataset in (first, second):
        run = begin(dataset, tmp_path / f"{dataset.folder}-runs" / "run", monitor=monitor, epochs=6, patience=2)
        events = list(train(run, dataset))
        outcomes.append((without_clock(events), read_card(run.best).epoch, weights(run)))
        assert all(event.metrics == {} for event in events if isinstance(event, EpochDone))
    assert outcomes[0] == outcomes[1]


def test_without_validation_nothing_but_the_training_part_is_ranked_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(no_validation_dataset(), tmp_path / "set")

    def refuse(*_: Any) -> None:
        raise AssertionError("a part was evaluated")

    monkeypatch.setattr(run_checkpoints, "evaluate", refuse)
    monkeypatch.setattr(validation, "rank", refuse)
    events: list[Event] = []
    with pytest.raises(AssertionError, match="a part was evaluated"):
        collect(train(begin(dataset, tmp_path / "run"), dataset), events)
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3, 4]


def test_without_validation_the_lowest_training_loss_is_best_and_patience_counts_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(no_validation_dataset(), tmp_path / "set")
    losses = iter([3.0, 2.0, 2.5, 2.0, 1.0, 1.0])
    original = loop.Trainer._epoch_done

    def planted(trainer: loop.Trainer, seconds: float) -> EpochDone:
        loss, count = next(losses), trainer.state.loss_count
        trainer.state = trainer.state.model_copy(update={"loss_sum": loss * count})
        return original(trainer, seconds)

    monkeypatch.setattr(loop.Trainer, "_epoch_done", planted)
    run = begin(dataset, tmp_path / "run", epochs=6, patience=2)
    events = list(train(run, dataset))
    assert [event.best for event in events if isinstance(event, EpochDone)] == [True, True, False, False]
    last = events[-1]
    assert isinstance(last, RunDone)
    assert (last.best_epoch, last.reason, last.monitor) == (2, "no better epoch", TRAINING_LOSS)


def test_events_and_card_record_the_monitor(tmp_path: Path) -> None:
    empty, full = written(no_validation_dataset(), tmp_path / "empty"), written(chain_dataset(), tmp_path / "full")
    for dataset, monitor in ((empty, TRAINING_LOSS), (full, "mrr")):
        run = begin(dataset, tmp_path / f"{monitor}-runs" / "run", monitor="mrr", epochs=1)
        started, *_, last = train(run, dataset)
        assert isinstance(started, RunStarted)
        assert isinstance(last, RunDone)
        assert (started.monitor, last.monitor, read_card(run.best).monitor) == (monitor,) * 3
        assert set(read_card(run.best).metrics) == {"test"} | ({"validation"} if dataset is full else set())


def test_the_monitor_is_the_one_set_wherever_there_is_a_validation_part() -> None:
    divided = split(chain_dataset())
    assert [monitor_of(monitor, divided) for monitor in MONITORS] == list(MONITORS)
    emptied = replace(divided, validation=divided.validation.take(np.zeros(0, np.int64)))
    assert {monitor_of(monitor, emptied) for monitor in MONITORS} == {TRAINING_LOSS}
