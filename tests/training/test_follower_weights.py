"""Followers within several events: counted as by hand, and weighed on validation where they help and only there."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from streamrec_core.attribution.contributions import contributions
from streamrec_core.data.batches import IGNORE, BatchSource
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.models.additive import AdditiveTransformer
from streamrec_core.models.card import ModelCard, follower_note
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.settings import TransformerSettings
from streamrec_core.training import follower_weights, run_checkpoints
from streamrec_core.training.events import EpochDone, RunDone
from streamrec_core.training.follower_weights import Stacking, fit_follower_weights
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import batch, catalogue_of, dataset_of, examples_at_last, log_of, small_transformer, written

ITEMS, HOME = 24, 24
REACH = {"followers": 8, "followers_within": 5}


def world(folder: Path, share: float, sessions: int = 600, **card: Any) -> DataSet:
    """Three events after item n comes item n + 5, in this share of cases; all else is drawn evenly."""
    rng, rows = np.random.default_rng(5), []
    for _ in range(sessions):
        row: list[int] = []
        for at in range(int(rng.integers(8, 14))):
            foretold = at >= 3 and rng.random() < share
            row.append((row[at - 3] + 5) % ITEMS if foretold else int(rng.integers(ITEMS)))
        rows.append(row)
    catalogue = catalogue_of(ITEMS, 4, home=True)
    return written(dataset_of(catalogue, log_of(rows), filter_seen=False, split="leave-last-out", **card), folder)


def fresh(dataset: DataSet, **settings: Any) -> AdditiveTransformer:
    """A model that learned nothing but has counted."""
    model = small_transformer(dataset.catalogue, jobs=("recent", "lasting"), **{**REACH, **settings})
    assert isinstance(model, AdditiveTransformer)
    for weights in model.follower_weights():
        weights.data.zero_()
    model.count(dataset.log, split(dataset).train, dataset.catalogue, last_only=False)
    return model.eval()


def stacking(model: AdditiveTransformer, dataset: DataSet, examples: Examples) -> Stacking:
    return Stacking.of(lambda batch: follower_weights._parts(model, batch), model.max_events, dataset, examples)


def state(model: AdditiveTransformer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


# --- what is counted


def test_an_occurrence_counts_by_its_distance_and_the_weight_is_of_a_percentage() -> None:
    # 1 comes two events after 0 twice, and right after it once (a home page does not count as an event between).
    log = log_of([[0, 5, 1], [0, 6, 1], [0, 12, 1]])
    catalogue = catalogue_of(12, 3, home=True)
    table = FollowerTable(13, 4, within=2)
    table.count(log, examples_at_last(log), catalogue, last_only=False)
    counted = {(row, int(column)) for row, columns in enumerate(table.columns) for column in columns if column < 13}
    assert counted == {(0, 1)}  # all others came once
    assert float(table.strength[0, 0]) == pytest.approx(math.log1p(100 * (1 / 2 + 1 / 2 + 1) / (10 + 3)))
    nearer = FollowerTable(13, 4, within=1)
    nearer.count(log, examples_at_last(log), catalogue, last_only=False)
    assert not nearer.strength.any()


def test_where_only_the_target_is_learned_from_only_pairs_that_end_with_it_count() -> None:
    log = log_of([[0, 1, 2], [0, 1, 2]])
    table = FollowerTable(12, 4, within=2)
    table.count(log, examples_at_last(log), catalogue_of(), last_only=True)
    counted = {(row, int(column)) for row, columns in enumerate(table.columns) for column in columns if column < 12}
    assert counted == {(0, 2), (1, 2)}


def test_they_are_left_out_while_learning_and_only_then(tmp_path: Path) -> None:
    dataset = world(tmp_path, 0.6)
    model = fresh(dataset, dropout=0.0)
    for weights in model.follower_weights():
        assert not weights.requires_grad
        weights.data.fill_(1.0)
    histories = replace(batch(dataset.catalogue, [3, 0, 7]), targets=torch.tensor([[IGNORE, IGNORE, 1]]))
    learned, every = histories.targets != IGNORE, torch.arange(len(dataset.catalogue))
    with torch.inference_mode():
        whole = model.learning_state(histories, learned).of(every)
        torch.testing.assert_close(whole, model.logits(histories))
        without = model.train().learning_state(histories, learned).of(every)
        for weights in model.follower_weights():
            weights.data.zero_()
        torch.testing.assert_close(without, model.eval().logits(histories))
        assert not torch.allclose(without, whole, atol=1e-3)


def test_only_additive_models_have_a_reach() -> None:
    with pytest.raises(BadInput, match="followers_within are of additive models"):
        TransformerSettings.parse({"followers_within": 2}, "options")


# --- how they are weighed


def test_the_weighed_model_is_the_old_one_scaled_and_what_its_heads_count(tmp_path: Path) -> None:
    dataset = world(tmp_path, 0.9)
    model, validation = fresh(dataset), split(dataset).validation
    source = BatchSource(dataset.log, dataset.catalogue, validation, model.max_events, 16)
    _, histories = next(source.in_order())
    with torch.inference_mode():
        before = model.logits(histories)
    fit = fit_follower_weights(model, dataset, validation)
    assert fit is not None
    assert fit.helps
    assert fit.sessions == len(validation)
    assert fit.loss_with < fit.loss_without - 0.1
    assert fit.loss_without == pytest.approx(math.log(ITEMS), abs=0.1)  # nothing but followers can tell
    assert min(fit.weights) >= 0
    assert max(fit.weights) > 0.1
    by_layer = np.split(np.array(fit.weights), len(model.follower_weights()))
    for weights, expected in zip(model.follower_weights(), by_layer, strict=True):
        np.testing.assert_allclose(weights.detach(), np.repeat(expected[:, None], weights.shape[1], 1), rtol=1e-6)
    with torch.inference_mode():
        added = model.followers.scores(histories.items, model.event_parts(histories)[1].sum((1, 2)))
        torch.testing.assert_close(model.logits(histories), before * fit.scale + added, atol=1e-5, rtol=1e-4)


def test_no_other_numbers_fit_better(tmp_path: Path) -> None:
    dataset = world(tmp_path, 0.6)
    model, examples = fresh(dataset), split(dataset).validation
    problem = stacking(model, dataset, examples)
    values = problem.fit()
    best = problem.losses(values).mean()
    assert best == pytest.approx(problem._loss(values)[0], abs=1e-5)
    rng = np.random.default_rng(2)
    for size in (0.3, 0.03):
        for _ in range(40):
            other = np.maximum(values + rng.normal(0, size, len(values)), [follower_weights.LEAST_SCALE, *[0] * 8])
            assert problem.losses(other).mean() > best - 1e-5
    slope = problem._loss(values + 0.1)[1]
    for at, step in enumerate(np.eye(len(values)) * 1e-2):
        rise = problem._loss(values + 0.1 + step)[0] - problem._loss(values + 0.1 - step)[0]
        assert slope[at] == pytest.approx(rise / 2e-2, abs=2e-3)


def test_each_half_is_judged_by_the_fit_on_the_other(tmp_path: Path) -> None:
    dataset = world(tmp_path, 0.6)
    problem = stacking(fresh(dataset), dataset, split(dataset).validation)
    even, odd = (problem.rows(slice(first, None, 2)) for first in (0, 1))
    first, every = problem.held_out_losses()
    np.testing.assert_array_equal(every, np.concatenate([odd.losses(even.fit()), even.losses(odd.fit())]))
    alone = [other.losses(half.fit(whole=False)) for half, other in ((even, odd), (odd, even))]
    np.testing.assert_array_equal(first, np.concatenate(alone))
    assert every.mean() > problem.losses(problem.fit()).mean()  # what was fitted on flatters


def test_what_stood_together_by_chance_is_not_weighed(tmp_path: Path) -> None:
    weighed = 0
    for seed in range(5):
        dataset = world(tmp_path / str(seed), 0.0)
        model = fresh(dataset, seed=seed)
        before = state(model)
        fit = fit_follower_weights(model, dataset, split(dataset).validation)
        assert fit is not None
        weighed += fit.helps
        same = all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
        assert same != fit.helps
    assert weighed == 0


def test_items_that_may_not_be_recommended_are_no_answer_and_no_target(tmp_path: Path) -> None:
    dataset = world(tmp_path, 0.6)
    seen = replace(dataset, card=dataset.card.model_copy(update={"filter_seen": True}))
    model, examples = fresh(dataset), split(dataset).validation
    problem = stacking(model, dataset, examples)
    closed, targets = problem.closed, problem.targets
    assert closed[:, HOME].all()
    assert int(closed.sum()) == len(targets) == len(examples)
    problem = stacking(model, seen, examples)
    closed, targets = problem.closed, problem.targets
    assert len(targets) < len(examples)
    assert not closed.gather(1, targets.unsqueeze(1)).any()


def test_few_sessions_or_a_large_catalogue_leave_the_model_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = world(tmp_path, 0.6)
    model, validation = fresh(dataset), split(dataset).validation
    before = state(model)
    assert fit_follower_weights(model, dataset, validation.take(np.arange(199))) is None
    monkeypatch.setattr(follower_weights, "MOST_SCORES", 199 * 5 * len(dataset.catalogue))
    assert fit_follower_weights(model, dataset, validation) is None
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# --- as a part of a run


def begun(dataset: DataSet, folder: Path, **settings: Any) -> RunFolder:
    run = RunFolder(folder)
    small = {"width": 16, "feed_forward": 32, "epochs": 2, "seed": 1, "batch_size": 64, "dropout": 0.0}
    run.begin(new_run("run", dataset, "transformer", "additive", {**small, **REACH, **settings}))
    return run


def test_a_run_weighs_the_followers_of_its_best_epoch_and_says_so(tmp_path: Path) -> None:
    dataset = world(tmp_path / "data", 0.6)
    run = begun(dataset, tmp_path / "run")
    events = list(train(run, dataset))
    done, epochs = events[-1], [event for event in events if isinstance(event, EpochDone)]
    assert isinstance(done, RunDone)
    card = ModelCard.read(run.best / "card.json")
    assert card.follower_fit is not None
    assert card.follower_fit.helps
    assert follower_note(card).startswith("What people chose within 5 events after an item was added last")
    model = load_checkpoint(run.best, dataset.catalogue)
    for part in ("validation", "test"):
        measured = evaluate(model, dataset, split(dataset), part).metrics()
        assert card.metrics[part]["hit@10"] == measured["hit@10"]
    assert done.metrics["hit@10"] == card.metrics["test"]["hit@10"]
    best = max(event.metrics["ndcg@10"] for event in epochs)
    assert card.metrics["validation"]["ndcg@10"] > best + 0.05
    # What goes on learning has not been weighed, and parts of scores still add up.
    last = load_checkpoint(run.last, dataset.catalogue)
    assert isinstance(last, AdditiveTransformer)
    assert not any(weights.any() for weights in last.follower_weights())
    assert isinstance(model, AdditiveTransformer)
    history = dataset.log.session(0)
    parts = contributions(model, history, [1, 2])
    with torch.inference_mode():
        expected = model.logits(batch(dataset.catalogue, history.items.tolist(), history.engagements.tolist()))
    np.testing.assert_allclose(parts.scores, expected[0, 1:3], atol=1e-4)


def test_a_run_with_few_validation_sessions_says_why_followers_are_not_counted(tmp_path: Path) -> None:
    dataset = world(tmp_path / "data", 0.6, sessions=199)
    assert 0 < len(split(dataset).validation) < 200
    run = begun(dataset, tmp_path / "run", epochs=1)
    at_work = [follower_note(ModelCard.read(run.best / "card.json")) for _ in train(run, dataset) if run.best.exists()]
    reach, needed = "within 5 events after an item", "it is weighed on 200 validation sessions or more"
    note = f"What people chose {reach} is not counted: {needed}."
    assert (at_work[0], at_work[-1]) == ("", note)
    assert follower_note(ModelCard.read(run.best / "card.json")) == note
    for other in ({"followers": 0}, {"followers_within": 1}):
        card = ModelCard.read(run.best / "card.json")
        assert follower_note(card.model_copy(update={"architecture": {**card.architecture, **other}})) == ""


def test_a_run_killed_after_weighing_weighs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = world(tmp_path / "data", 0.6)
    whole, killed = (begun(dataset, tmp_path / name) for name in ("whole", "killed"))
    list(train(whole, dataset))

    def no_baselines(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run_checkpoints, "against_baselines", no_baselines)
        with pytest.raises(KeyboardInterrupt):
            list(train(killed, dataset))
    list(train(killed, dataset))
    cards = [ModelCard.read(run.best / "card.json") for run in (whole, killed)]
    assert cards[0].follower_fit == cards[1].follower_fit
    assert cards[0].weights_sha256 == cards[1].weights_sha256
    assert cards[0].metrics == cards[1].metrics


def test_all_else_is_learned_as_if_there_were_no_followers(tmp_path: Path) -> None:
    dataset = world(tmp_path / "data", 0.6)
    weights = []
    for name, followers in (("with", 8), ("without", 0)):
        run = begun(dataset, tmp_path / name, followers=followers, dropout=0.2)
        list(train(run, dataset))
        weights.append(load_file(run.last / "weights.safetensors"))
    for name, value in weights[1].items():
        assert name.startswith("followers.") or torch.equal(value, weights[0][name])


def test_followers_that_come_next_are_learned_and_not_weighed(tmp_path: Path) -> None:
    dataset = world(tmp_path / "data", 0.6)
    run = begun(dataset, tmp_path / "run", followers_within=1, epochs=1)
    list(train(run, dataset))
    assert ModelCard.read(run.best / "card.json").follower_fit is None
