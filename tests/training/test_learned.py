"""A trained run is held to what training does not see: agreement with removal, ranking quality, and noise as noise."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.explain.quality import Quality, measure_quality
from streamrec_core.models.additive import AdditiveTransformer
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.popularity import popularity
from streamrec_core.training.events import EpochDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import catalogue_of, dataset_of, log_of, written

ITEMS, CATEGORIES = 24, 4
SMALL_ADDITIVE = {"width": 16, "feed_forward": 32, "dropout": 0.0, "seed": 1, "batch_size": 16}


def planted_world(folder: Path, sessions: int = 500) -> DataSet:
    """Half the targets are the partner of the last event, half that of the opening; a few titles are popular."""
    rng = np.random.default_rng(11)
    popular = np.linspace(2, 1, ITEMS) / np.linspace(2, 1, ITEMS).sum()
    rows = []
    for _ in range(sessions):
        events = rng.choice(ITEMS, int(rng.integers(6, 9)), p=popular).tolist()
        cause = events[-1] if rng.random() < 0.5 else events[0]
        rows.append([*events, (cause + 5) % ITEMS])
    return written(dataset_of(catalogue_of(ITEMS, CATEGORIES), log_of(rows), train_positions="last"), folder)


def noise_world(folder: Path, items: int) -> DataSet:
    """Every event is drawn evenly, whatever came before: pairs that were counted twice stood together by chance."""
    rows = np.random.default_rng(12).integers(0, items, (400, 6)).tolist()
    return written(dataset_of(catalogue_of(items, CATEGORIES), log_of(rows)), folder)


def trained(dataset: DataSet, folder: Path, **overrides: Any) -> tuple[AdditiveTransformer, list[EpochDone]]:
    """The last epoch's model of a small additive run, and what was reported of each epoch."""
    run = RunFolder(folder)
    run.begin(new_run("run", dataset, "transformer", "additive", {**SMALL_ADDITIVE, "patience": 99, **overrides}))
    epochs = [event for event in train(run, dataset) if isinstance(event, EpochDone)]
    model = load_checkpoint(run.last, dataset.catalogue)
    assert isinstance(model, AdditiveTransformer)
    return model, epochs


# --- what is learned: measured by removal and by ranks, neither of which training computes


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return planted_world(tmp_path_factory.mktemp("planted") / "data")


@pytest.fixture(scope="module")
def learned(world: DataSet, tmp_path_factory: pytest.TempPathFactory) -> AdditiveTransformer:
    pace = {"epochs": 8, "learning_rate": 0.02, "schedule": "cosine", "item_rate": 1.0}
    return trained(world, tmp_path_factory.mktemp("planted") / "run", **pace)[0]


@pytest.fixture(scope="module")
def quality(world: DataSet, learned: AdditiveTransformer) -> Quality:
    shuffled = with_shuffled_weights(learned, seed=0)
    assert shuffled is not None
    return measure_quality(learned, world, split(world).test.sample(60), {"weights shuffled": shuffled})


def test_a_trained_run_agrees_with_removal_by_sign_far_beyond_its_shuffled_twin(quality: Quality) -> None:
    for picture in ("value", "contribution"):
        learned_means, shuffled = quality.means(picture), quality.means(f"{picture}, weights shuffled")
        assert learned_means["pearson"] > 0.6
        assert learned_means["pearson"] > shuffled["pearson"] + 0.5
        assert learned_means["same_first"] > shuffled["same_first"] + 0.4
    assert quality.removal_fit["value"].r2 > 0.5 > quality.removal_fit["value, weights shuffled"].r2


def test_a_trained_run_recommends_far_better_than_popularity(world: DataSet, learned: AdditiveTransformer) -> None:
    divided = split(world)
    metrics = evaluate(learned, world, divided, "test").metrics()
    counted = evaluate(popularity(world.log, world.catalogue, divided.train), world, divided, "test").metrics()
    # Two titles share the first two ranks: the reciprocal rank of a model that knows the rule is 3/4.
    assert metrics["mrr"] > 0.6
    assert metrics["mrr_interval"][0] > counted["mrr_interval"][1]


# --- what must not be learned: that a counted pair foretells itself


def counting_itself(table: FollowerTable, items: Tensor, at: Tensor, targets: Tensor) -> Tensor:
    """The fault that is planted: the pair that is learned from stays in the counts it is predicted by."""
    return table.strength[items]


def trust_in_followers(model: AdditiveTransformer) -> float:
    """By how much all heads together count the followers of clicked events."""
    return float(sum(layer.attention.following[:, 0].sum() for layer in model._layers))


@pytest.mark.parametrize(("items", "price"), [(24, 0.05), (60, 0.02)])
def test_followers_that_stood_together_by_chance_are_not_trusted(
    items: int, price: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = noise_world(tmp_path / "data", items)
    guess = math.log(items)
    model, epochs = trained(dataset, tmp_path / "run", epochs=4)
    assert trust_in_followers(model) < 0.6
    assert epochs[-1].metrics["loss"] < guess + 0.04
    # The world can tell: a run that counts the pair it learns from trusts chance, and pays for it.
    monkeypatch.setattr(FollowerTable, "learning_strength", counting_itself)
    model, faulty = trained(dataset, tmp_path / "faulty", epochs=4)
    assert trust_in_followers(model) > 1.2
    assert faulty[-1].train_loss < epochs[-1].train_loss - 0.05
    assert faulty[-1].metrics["loss"] > epochs[-1].metrics["loss"] + price
