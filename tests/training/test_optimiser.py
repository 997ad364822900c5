"""How fast each kind of weight learns, and what a data set itself asks for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from streamrec_core.data.batches import BatchSource
from streamrec_core.data.dataset import Counts
from streamrec_core.training.optimiser import item_rate, learning_rate, make_optimiser
from streamrec_core.training.settings import SMALL_LOG, TrainingSettings, fitted_to, recipe, window_of
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
CARD = dataset_of(CATALOGUE, log_of([[0, 1]])).card
LARGE = CARD.model_copy(update={"counts": Counts(sessions=20_000, events=SMALL_LOG, items=1, categories=2)})


@pytest.mark.parametrize(
    ("schedule", "warmup", "step", "expected"),
    [
        ("constant", 0, 0, 0.1),
        ("constant", 0, 99, 0.1),
        ("constant", 10, 0, 0.01),
        ("constant", 10, 4, 0.05),
        ("constant", 10, 50, 0.1),
        ("cosine", 0, 0, 0.1),
        ("cosine", 0, 50, 0.05),
        ("cosine", 0, 100, 0.0),
        ("cosine", 0, 25, 0.05 * (1 + math.sqrt(0.5))),
        ("halving", 0, 0, 0.1),
        ("halving", 0, 10, 0.05),
        ("halving", 0, 30, 0.0125),
    ],
)
def test_the_learning_rate_follows_its_schedule(schedule: Any, warmup: int, step: int, expected: float) -> None:
    settings = TrainingSettings(learning_rate=0.1, schedule=schedule, warmup_steps=warmup, epochs=10)
    assert learning_rate(settings, step, steps_per_epoch=10) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("make", [small_transformer, small_lstm])
def test_every_weight_learns_once_items_at_their_own_rate_and_biases_without_decay(make: Any) -> None:
    model = make(CATALOGUE)
    groups = make_optimiser(model, TrainingSettings(weight_decay=0.2), 0.25).param_groups
    decayed, spared, items = (group["params"] for group in groups)
    assert [group["weight_decay"] for group in groups] == [0.2, 0.0, 0.2]
    assert [group.get("rate", 1.0) for group in groups] == [1.0, 1.0, 0.25]
    assert [id(value) for value in items] == [id(model.embedding.items.weight)]
    assert all(value.dim() == 1 for value in spared)
    every = [id(value) for value in (*decayed, *spared, *items)]
    assert sorted(every) == sorted(id(value) for value in model.parameters())


def test_items_learn_at_full_rate_from_fifty_targets_each() -> None:
    assert item_rate(targets=50 * 12, items=12) == 1.0
    assert item_rate(targets=10**9, items=12) == 1.0
    assert item_rate(targets=6 * 12, items=12) == pytest.approx(0.12)


def test_targets_of_an_epoch_are_counted_over_windows_or_at_the_last_position() -> None:
    log = log_of([[0, 1, 2], list(range(9)), [3, 4]])
    everywhere, last = (
        BatchSource(log, CATALOGUE, examples_at_last(log), 3, all_positions=all_of) for all_of in (True, False)
    )
    assert everywhere.targets_per_epoch() == 2 + 8 + 1
    assert last.targets_per_epoch() == 3


def test_a_data_set_asks_for_what_its_kind_needs() -> None:
    orderless = CARD.model_copy(update={"train_positions": "last"})
    assert fitted_to(orderless)[1]["positions"] == "last"
    assert fitted_to(CARD)[1]["epochs"] > TrainingSettings().epochs
    assert fitted_to(LARGE.model_copy(update={"generator": {"preset": "streamrec"}})) == ({}, {})
    one_kind = LARGE.model_copy(update={"counts": LARGE.counts.model_copy(update={"categories": 1})})
    assert fitted_to(one_kind)[0] == {"item_start": 0.02}


@pytest.mark.parametrize(
    ("sessions", "events", "epochs"),
    [(60, 352, 300), (1_317, 7_547, 60), (6_040, 300_000, 40), (20_000, 160_000, 12), (100_000, 800_000, None)],
)
def test_epochs_go_by_the_number_of_steps(sessions: int, events: int, epochs: int | None) -> None:
    counts = Counts(sessions=sessions, events=events, items=50, categories=2)
    fitted = fitted_to(CARD.model_copy(update={"counts": counts}))[1]
    assert fitted.get("epochs") == epochs
    assert fitted.get("least_steps", 0) == (240 if events < SMALL_LOG else 0)


@pytest.mark.parametrize(("mean", "window"), [(5, 50), (50, 50), (51, 100), (165, 200), (5_000, 200)])
def test_the_window_goes_by_the_mean_history(mean: int, window: int) -> None:
    counts = Counts(sessions=1_000, events=1_000 * (mean + 1), items=50, categories=2)
    card = CARD.model_copy(update={"counts": counts})
    shape, _ = recipe("additive", "transformer", card)
    assert window_of(card) == shape["max_events"] == window


def test_ratings_start_items_apart_and_read_them_together_with_those_before() -> None:
    many = Counts(sessions=6_040, events=999_611, items=3_416, categories=18)
    ratings = CARD.model_copy(update={"counts": many, "kind": "ratings"})
    shape, trained = recipe("additive", "transformer", ratings)
    assert (shape["item_start"], shape["dropout"], shape["context_events"]) == (0.02, 0.2, 2)
    assert shape["time_gaps"]
    assert (shape["max_events"], trained.epochs, trained.batch_size, trained.patience) == (200, 40, 128, 10)
    alone = recipe("additive", "transformer", ratings, {"context_events": 0})[0]
    assert alone["context_events"] == 0
    assert recipe("plain", "transformer", ratings)[0]["context_events"] == 0
    assert recipe("plain", "lstm", ratings)[0]["item_start"] == 0.02
    assert recipe("additive", "transformer", CARD)[0]["context_events"] == 0
    assert not recipe("additive", "transformer", CARD)[0]["time_gaps"]


def test_the_recipe_comes_first_then_the_data_then_the_users_choice() -> None:
    shape, trained = recipe("plain", "transformer", CARD)
    assert shape["dropout"] == fitted_to(CARD)[0]["dropout"]
    assert trained.epochs == fitted_to(CARD)[1]["epochs"]
    shape, trained = recipe("plain", "transformer", CARD, {"dropout": 0.05}, {"epochs": 2})
    assert (shape["dropout"], trained.epochs) == (0.05, 2)


def test_the_printed_recipe_stays_as_printed_whatever_the_data() -> None:
    orderless = CARD.model_copy(update={"train_positions": "last"})
    assert recipe("case-study", "transformer", CARD) == recipe("case-study", "transformer", LARGE)
    assert recipe("case-study", "transformer", CARD) == recipe("case-study", "transformer", orderless)
    shape, trained = recipe("case-study", "transformer", CARD)
    assert (shape["dropout"], shape["layers"], shape["heads"], shape["width"]) == (0.1, 2, 4, 128)
    assert (trained.epochs, trained.batch_size, trained.learning_rate, trained.clip) == (10, 128, 1e-3, 1.0)
    assert (trained.schedule, trained.item_rate) == ("constant", 1.0)


def test_ratings_count_followers_in_a_wider_reach_and_let_content_say_more() -> None:
    ratings = CARD.model_copy(update={"kind": "ratings"})
    shape, _ = recipe("additive", "transformer", ratings)
    assert (shape["followers"], shape["followers_within"], shape["content_limit"], shape["dropout"]) == (
        128,
        10,
        3,
        0.5,
    )
    shape, _ = recipe("additive", "transformer", CARD)
    assert (shape["followers"], shape["followers_within"], shape["content_limit"], shape["dropout"]) == (
        16,
        1,
        0.5,
        0.3,
    )
    for items, followers in ((25_000, (128, 10)), (25_001, (0, 1))):
        large = ratings.model_copy(update={"counts": ratings.counts.model_copy(update={"items": items})})
        shape, _ = recipe("additive", "transformer", large)
        assert (shape["followers"], shape["followers_within"]) == followers
    assert recipe("additive", "lstm", ratings)[0]["dropout"] == 0.5
