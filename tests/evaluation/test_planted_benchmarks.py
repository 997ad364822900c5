"""The worlds of the planted benchmarks by answers known beforehand: what follows what, and what tells nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.planted_pairs import (
    CATEGORIES,
    IN_CATEGORY,
    PURITY,
    WORLDS,
    adding,
    best_additive,
    bounds,
    draw_sessions,
    mean_cross_entropy,
    pair_dataset,
    together,
)
from benchmarks.planted_terms import EFFECTS, draw_world, write_world
from streamrec_core.data.synthetic.streamrec import StreamRecSettings

EVEN = np.full((CATEGORIES, CATEGORIES), 1 / CATEGORIES)


def drawn_distribution(world: str) -> np.ndarray:
    """Shares (C, C, C) of the target's category by those of the first and of the last event, in drawn sessions."""
    categories = draw_sessions(WORLDS[world](), 60_000, seed=1) % CATEGORIES
    counts = np.zeros((CATEGORIES,) * 3)
    np.add.at(counts, (categories[:, 0], categories[:, -2], categories[:, -1]), 1)
    return counts / counts.sum(-1, keepdims=True)


def test_in_the_world_of_pairs_no_event_alone_tells_the_category_of_what_comes_next() -> None:
    categories = draw_sessions(together(), 60_000, seed=1) % CATEGORIES
    for position in range(categories.shape[1] - 1):
        counts = np.zeros((CATEGORIES, CATEGORIES))
        np.add.at(counts, (categories[:, position], categories[:, -1]), 1)
        np.testing.assert_allclose(counts / counts.sum(1, keepdims=True), EVEN, atol=0.02)


def test_in_the_world_of_pairs_both_events_together_tell_it_as_often_as_planted() -> None:
    shares = drawn_distribution("together")
    for first in range(CATEGORIES):
        for last in range(CATEGORIES):
            assert shares[first, last, (first + last) % CATEGORIES] == pytest.approx(
                PURITY + (1 - PURITY) / CATEGORIES, abs=0.03
            )


@pytest.mark.parametrize("world", WORLDS)
def test_targets_are_drawn_from_the_distribution_of_the_world(world: str) -> None:
    np.testing.assert_allclose(drawn_distribution(world), WORLDS[world](), atol=0.03)


def test_in_the_control_world_each_event_alone_tells_something() -> None:
    alone = adding().mean(1)
    assert (np.diag(alone) > 2 / CATEGORIES).all()


def test_within_a_category_all_items_are_alike() -> None:
    items = draw_sessions(together(), 40_000, seed=1)[:, -1]
    np.testing.assert_allclose(np.bincount(items) / len(items), 1 / (CATEGORIES * IN_CATEGORY), atol=0.004)


def test_a_sum_over_events_tells_nothing_of_a_pair_and_all_of_effects_that_add_up() -> None:
    np.testing.assert_allclose(best_additive(together()), 1 / CATEGORIES, atol=1e-4)
    np.testing.assert_allclose(best_additive(adding()), adding(), atol=1e-4)
    mixed = (together() + adding()) / 2
    assert mean_cross_entropy(mixed, np.log(best_additive(mixed))) > mean_cross_entropy(mixed, np.log(mixed)) + 0.05


def test_the_bounds_of_both_worlds_are_those_of_arithmetic() -> None:
    pair, control = bounds(together()), bounds(adding())
    for figures in (pair["uniform"], pair["best additive"], control["uniform"]):
        assert figures["cross_entropy"] == pytest.approx(np.log(CATEGORIES * IN_CATEGORY), abs=1e-4)
        assert figures["hit@10"] == pytest.approx(1 / CATEGORIES)
    assert pair["ceiling"]["hit@10"] == pytest.approx(PURITY + (1 - PURITY) / CATEGORIES)
    assert control["best additive"] == pytest.approx(control["ceiling"], abs=1e-4)


def test_only_the_last_event_of_a_pair_session_is_learned_from(tmp_path: Path) -> None:
    assert pair_dataset("together", 50, tmp_path / "data").card.train_positions == "last"


@pytest.mark.parametrize("name", ["opening, alone", "opening, beside recent events"])
def test_targets_follow_the_opening_as_often_as_planted(name: str) -> None:
    for strength in EFFECTS[name].strengths:
        _, truth = draw_world(EFFECTS[name], strength, 4_000)
        assert np.mean([cause == "opening" for cause in truth.cause]) == pytest.approx(strength, abs=0.03)


def test_where_the_opening_is_planted_alone_all_other_targets_follow_nothing() -> None:
    effect = EFFECTS["opening, alone"]
    _, truth = draw_world(effect, effect.strengths[-1], 1_000)
    assert set(truth.cause) == {"opening", "exploration"}


def test_the_pull_of_recent_events_falls_by_the_planted_decay() -> None:
    effect = EFFECTS["recency"]
    for decay in effect.strengths:
        log, truth = draw_world(effect, decay, 8_000)
        recent = np.array([cause == "recent" for cause in truth.cause]) & (log.lengths > 6)
        distance = (log.lengths - 2 - truth.cause_position)[recent]
        nearest = np.bincount(distance, minlength=4)[:4]
        assert nearest[2:].sum() / nearest[:2].sum() == pytest.approx(decay**2, abs=0.15)


def test_an_effect_changes_no_other_setting_of_the_generator() -> None:
    assert EFFECTS["recency"].generator(0.6) == StreamRecSettings()
    assert EFFECTS["opening, beside recent events"].generator(0.3) == StreamRecSettings(
        opening_start=0.3, opening_end=0.3
    )


def test_the_data_set_of_a_planted_effect_holds_no_truth(tmp_path: Path) -> None:
    write_world(EFFECTS["recency"], 0.6, 50, tmp_path / "data")
    assert not list((tmp_path / "data").glob("truth*"))
