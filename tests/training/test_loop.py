"""Training on a planted world: what is learned, when it ends, and what it says of itself on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.data.batches import IGNORE
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput, Refused
from streamrec_core.models.checkpoint import load_checkpoint, read_card
from streamrec_core.training import loop
from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.optimiser import batch_loss
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.settings import recipe
from streamrec_core.training.validation import validate
from tests.worlds import (
    SMALL,
    batch,
    catalogue_of,
    chain_dataset,
    dataset_of,
    even_truth,
    log_of,
    small_transformer,
    written,
)

LSTM = {"hidden": 16, "width": 16}


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    return written(chain_dataset(), tmp_path / "chain")


def begin(dataset: DataSet, folder: Path, model: str = "transformer", **overrides: Any) -> RunFolder:
    shape = LSTM if model == "lstm" else SMALL
    settings = {**shape, "epochs": 3, "batch_size": 16, "learning_rate": 0.01, **overrides}
    run = RunFolder(folder)
    run.begin(new_run(folder.name, dataset, model, "plain", settings))
    return run


def written_down(events: Iterable[Event]) -> list[str]:
    return [event.model_dump_json() for event in events]


def epochs(events: list[Event]) -> list[EpochDone]:
    return [event for event in events if isinstance(event, EpochDone)]


@pytest.mark.parametrize("model", ["transformer", "lstm"])
def test_a_world_without_chance_is_learned(model: str, tmp_path: Path) -> None:
    dataset = written(chain_dataset(sessions=200), tmp_path / "chain")
    learning = {"epochs": 8, "patience": 8, "batch_size": 8, "learning_rate": 0.02, "dropout": 0.0}
    run = begin(dataset, tmp_path / "run", model, **learning, monitor="loss")
    events = list(train(run, dataset))
    losses = [event.train_loss for event in epochs(events)]
    assert next(event.loss for event in events if isinstance(event, StepDone)) == pytest.approx(math.log(10), abs=0.3)
    assert losses[-1] < 0.1 * losses[0]
    last = events[-1]
    assert isinstance(last, RunDone)
    # the target is the item after the last one, and nothing else
    assert last.metrics["mrr"] > 0.9


def test_events_tell_the_whole_story_in_order(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run", epochs=2)
    events = list(train(run, dataset))
    # 43 of 60 sessions are learned from (72 %), three batches of 16
    assert [event.kind for event in events] == ["started", *(["step"] * 3 + ["epoch"]) * 2, "done"]
    started = events[0]
    assert isinstance(started, RunStarted)
    assert (started.epochs, started.steps_per_epoch, started.done_steps) == (2, 3, 0)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert [event.epoch for event in steps] == [1, 1, 1, 2, 2, 2]
    assert steps[-1].seconds_left == 0
    assert written_down(run.events()) == written_down(events)


def test_the_run_folder_holds_all_that_the_design_names(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run", epochs=4, patience=9)
    list(train(run, dataset))
    assert {path.name for path in run.path.iterdir()} == {
        "config.json",
        "events.jsonl",
        "status.json",
        "last",
        "best",
        "history",
    }
    assert {path.name for path in run.last.iterdir()} == {
        "card.json",
        "catalogue.parquet",
        "weights.safetensors",
        "optimiser.safetensors",
        "state.json",
    }
    assert {path.name for path in run.best.iterdir()} == {"card.json", "catalogue.parquet", "weights.safetensors"}
    assert sorted(path.name for path in run.history.iterdir()) == ["epoch-001", "epoch-002", "epoch-003"]


def test_every_checkpoint_of_a_run_can_be_loaded_and_the_best_card_tells_its_results(
    dataset: DataSet, tmp_path: Path
) -> None:
    run = begin(dataset, tmp_path / "run")
    events = list(train(run, dataset))
    for folder in (run.best, run.last, run.history / "epoch-001"):
        assert load_checkpoint(folder, dataset.catalogue).name == "run"
    card = read_card(run.best)
    last = events[-1]
    assert isinstance(last, RunDone)
    assert card.metrics["test"]["mrr"] == last.metrics["mrr"]
    best = epochs(events)[last.best_epoch - 1]
    assert card.metrics["validation"]["ndcg@10"] == best.metrics["ndcg@10"]
    assert (card.epoch, card.recipe, card.training["seed"]) == (last.best_epoch, "plain", 42)
    assert (card.data.name, card.data.catalogue_hash) == ("tiny", dataset.catalogue.hash)
    assert card.parameters == load_checkpoint(run.best, dataset.catalogue).parameter_count()


def test_each_epoch_reports_metrics_with_intervals_and_only_the_test_the_share_of_the_ceiling(tmp_path: Path) -> None:
    plain = chain_dataset()
    dataset_with_truth = written(plain, tmp_path / "known", even_truth(plain.catalogue, len(plain.log)))
    events = list(train(begin(dataset_with_truth, tmp_path / "run", epochs=1), dataset_with_truth))
    (epoch,), last = epochs(events), events[-1]
    assert {"hit@10", "hit@10_interval", "ndcg@10_interval", "mrr_interval", "loss"} <= set(epoch.metrics)
    assert epoch.metrics["split"] == "validation"
    assert not [name for name in epoch.metrics if "expected" in name or "ceiling" in name]
    assert isinstance(last, RunDone)
    # ten items, all recommended: expectation and ceiling are all there is
    assert last.metrics["expected_hit@10"] == pytest.approx(1)
    assert last.metrics["share_of_ceiling"] == pytest.approx(1)


def test_the_same_seed_trains_the_same_weights_and_another_seed_others(dataset: DataSet, tmp_path: Path) -> None:
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run = begin(dataset, tmp_path / name, epochs=1, seed=seed)
        list(train(run, dataset))
        weights.append((run.last / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_training_ends_when_no_epoch_was_better_for_a_while(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = iter([0.2, 0.5, 0.5, 0.4, 0.45, 0.9, 0.95])

    def planted(*arguments: Any) -> dict[str, Any]:
        return {**validate(*arguments), "ndcg@10": next(figures)}

    monkeypatch.setattr(loop, "validate", planted)
    run = begin(dataset, tmp_path / "run", epochs=20, patience=3)
    events = list(train(run, dataset))
    assert [event.best for event in epochs(events)] == [True, True, False, False, False]
    last = events[-1]
    assert isinstance(last, RunDone)
    assert (last.best_epoch, last.reason) == (2, "no better epoch")
    assert read_card(run.best).epoch == 2


def test_a_falling_loss_counts_as_better_where_loss_is_watched(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([2.3, 2.1, 2.2, 1.9])
    validate = loop.validate

    def planted(*arguments: Any) -> dict[str, Any]:
        return {**validate(*arguments), "loss": next(losses)}

    monkeypatch.setattr(loop, "validate", planted)
    events = list(train(begin(dataset, tmp_path / "run", epochs=4, monitor="loss"), dataset))
    assert [event.best for event in epochs(events)] == [True, True, False, True]


def test_a_loss_that_is_no_number_ends_the_run_with_a_message(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run", start=1e30)
    with pytest.raises(Refused, match="the loss became nan at step 1; choose a learning_rate below"):
        list(train(run, dataset))
    status = run.status()
    assert status is not None
    assert status.state == "failed"
    assert status.message.startswith("Refused: the loss became nan")


def test_a_run_is_not_continued_on_other_data(dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    other = written(chain_dataset(seed=4), tmp_path / "other")
    with pytest.raises(Refused) as caught:
        next(train(run, other))
    first, second = (world.card.hashes["events"][:12] for world in (dataset, other))
    assert f"began with tiny (events {first}), this is tiny (events {second})" in str(caught.value)


def test_the_loss_is_the_mean_cross_entropy_over_positions_with_a_target() -> None:
    catalogue = catalogue_of(12, 3)
    model = small_transformer(catalogue)
    targets = torch.tensor([[2, IGNORE, 5], [7, IGNORE, IGNORE]])
    inputs = replace(batch(catalogue, [1, 2, 3], [4]), targets=targets)
    loss, count = batch_loss(model, inputs)
    states = model.states(model.embed(inputs), inputs)
    chances = [
        model.scores(states[row, position]).log_softmax(-1)[item]
        for row, position, item in ((0, 0, 2), (0, 2, 5), (1, 0, 7))
    ]
    assert count == 3
    assert float(loss.detach()) == pytest.approx(-float(sum(chances).detach()) / 3, rel=1e-5)  # type: ignore[union-attr]


def test_a_batch_whose_targets_are_all_neutral_teaches_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    catalogue = catalogue_of(4, 2, home=True)
    dataset = written(dataset_of(catalogue, log_of([[0, 4, 1, 2]] * 20)), tmp_path / "home")
    run = begin(dataset, tmp_path / "run", epochs=1, max_events=1, batch_size=1)
    steps = [event for event in train(run, dataset) if isinstance(event, StepDone)]
    # 14 sessions in windows of one event each: 0 -> home teaches nothing
    assert len(steps) == 14 * 3
    assert sum(step.loss == 0 for step in steps) == 14


def test_recipes_refuse_what_they_do_not_know() -> None:
    card = dataset_of(catalogue_of(), log_of([[0, 1]])).card
    for arguments, message in (
        (("ornate", "transformer", card), "unknown recipe 'ornate'; choose one of case-study, plain"),
        (("case-study", "lstm", card), "recipe 'case-study' has no lstm; it has transformer"),
        (("plain", "gru", card), "has no gru"),
        (("plain", "lstm", card, {"heads": 2}), "heads: Extra inputs"),
        (("plain", "lstm", card, None, {"epochs": 0}), "epochs: Input should be greater"),
    ):
        with pytest.raises(BadInput, match=message):
            recipe(*arguments)  # type: ignore[arg-type]


def test_data_whose_events_carry_no_order_is_learned_from_at_the_last_position() -> None:
    ordered = dataset_of(catalogue_of(), log_of([[0, 1]])).card
    orderless = dataset_of(catalogue_of(), log_of([[0, 1]]), train_positions="last").card
    assert [recipe("plain", "transformer", card)[1].positions for card in (ordered, orderless)] == ["all", "last"]
    assert recipe("case-study", "transformer", ordered)[1].positions == "last"
    overridden = recipe("plain", "transformer", orderless, None, {"positions": "all"})[1]
    assert overridden.positions == "all"


def test_a_new_run_refuses_unknown_settings_and_splits(dataset: DataSet) -> None:
    with pytest.raises(BadInput, match="unknown settings haeds"):
        new_run("x", dataset, "transformer", "plain", {"haeds": 2})
    with pytest.raises(BadInput, match="unknown split 'half'"):
        new_run("x", dataset, "transformer", "plain", split="half")
    with pytest.raises(BadInput, match="lies in no folder; write it first"):
        new_run("x", replace(dataset, folder=None), "transformer", "plain")
    assert np.isfinite(new_run("x", dataset, "transformer", "plain").training.learning_rate)
