"""Metrics over several seeds worked out by hand, and intervals over seeds and sessions whose width is known."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from benchmarks.tables import differences, full_table, short_table
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.seeds import (
    over_seeds,
    paired_difference,
    paired_expected_difference,
    seed_session_difference_interval,
    seed_session_interval,
)


def evaluation(ranks: list[int], expected: list[float] | None = None) -> Evaluation:
    """An evaluation with these ranks; the ceiling is 0.5 for every session."""
    expected_hits = None if expected is None else np.array(expected)
    ceiling = None if expected is None else np.full(len(ranks), 0.5)
    return Evaluation("m", "test", "session", False, np.array(ranks), expected_hits, ceiling)


SEEDS = ([1, 20, 20, 20], [1, 4, 1, 20], [1, 1, 1, 1])
EXPECTED = (0.4, 0.2, 0.15)


def three_seeds() -> list[Evaluation]:
    return [evaluation(ranks, [value] * 4) for ranks, value in zip(SEEDS, EXPECTED, strict=True)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_figure_is_the_mean_over_seeds_whichever_comes_first(order: tuple[int, ...]) -> None:
    metrics = over_seeds([three_seeds()[seed] for seed in order])
    assert metrics["seeds"] == 3
    assert metrics["hit@10_by_seed"] == [[0.25, 0.75, 1.0][seed] for seed in order]
    assert metrics["hit@10"] == pytest.approx(2 / 3)
    ndcg = [(1 + 0 + 0 + 0) / 4, (1 + 1 / np.log2(5) + 1 + 0) / 4, 1.0]
    assert metrics["ndcg@10"] == pytest.approx(np.mean(ndcg))
    assert metrics["mrr"] == pytest.approx(np.mean([(1 + 3 / 20) / 4, (1 + 1 / 4 + 1 + 1 / 20) / 4, 1.0]))
    assert metrics["mrr_by_seed"] == pytest.approx([[1.15 / 4, 2.3 / 4, 1.0][seed] for seed in order])
    assert metrics["expected_hit@10"] == pytest.approx(0.25)
    assert metrics["expected_hit@10_by_seed"] == pytest.approx([EXPECTED[seed] for seed in order])
    assert metrics["share_of_ceiling"] == pytest.approx(0.5)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_paired_differences_are_of_the_means_over_seeds_on_both_sides(order: tuple[int, ...]) -> None:
    seeds, other = [three_seeds()[seed] for seed in order], [evaluation([20] * 4, [0.1] * 4)]
    for sign, sides in ((1, (seeds, other)), (-1, (other, seeds))):
        assert paired_difference(*sides, "hit@10")["hit@10_difference"] == pytest.approx(sign * 2 / 3)
        assert paired_expected_difference(*sides)["expected_hit@10_difference"] == pytest.approx(sign * 0.15)


def test_the_printed_tables_show_the_mean_over_seeds_and_every_seed() -> None:
    row = {"model": "plain/transformer", **over_seeds(three_seeds())}
    table = {"data": "tiny", "ceiling_hit@10": 0.5, "rows": [row]}
    cells = full_table(table).splitlines()[2].split(" | ")
    low, high = row["hit@10_interval"]
    assert cells[1] == f"0.667 [{low:.3f}, {high:.3f}]"
    assert cells[2] == "0.250 · 0.750 · 1.000"
    assert cells[3].startswith("0.619 [")
    assert cells[5].startswith("0.250 [")
    assert cells[6] == "0.500 |"
    assert "0.667 [" in short_table([table])
    difference = paired_difference(three_seeds(), [evaluation([20] * 4)], "hit@10")
    assert "+0.6667 [" in differences([table | {"differences": {"one minus other": difference}}])


def test_where_sessions_do_not_vary_the_interval_is_that_of_the_seeds() -> None:
    by_seed = np.array([0.1, 0.2, 0.4, 0.5])
    low, high = seed_session_interval(np.repeat(by_seed[:, None], 30, axis=1), draws=20_000)
    means = np.array(list(product(by_seed, repeat=4))).mean(axis=1)  # every draw of four seeds, equally likely
    assert (low, high) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.011)
    three = seed_session_interval(np.repeat([[0.1], [0.2], [0.6]], 30, axis=1))
    assert three == pytest.approx((0.1, 0.6))  # 1 draw of 27 takes the lowest three times: more than 2.5 %


def test_one_seed_gives_the_bootstrap_over_sessions() -> None:
    values = np.random.default_rng(3).random(400)
    assert seed_session_interval(values[None]) == pytest.approx(interval(values), abs=0.003)
    narrow = seed_session_interval(values[None], confidence=0.5)
    assert narrow[1] - narrow[0] == pytest.approx(2 * 0.674 * values.std() / 20, rel=0.1)


def test_seeds_that_agree_are_no_more_sessions() -> None:
    values = np.random.default_rng(4).random(300)
    low, high = seed_session_interval(np.tile(values, (5, 1)))
    pooled_low, pooled_high = interval(np.tile(values, 5))
    assert (low, high) == pytest.approx(interval(values), abs=0.004)
    # five times the sessions would be narrower by the square root of five
    assert (high - low) / (pooled_high - pooled_low) == pytest.approx(5**0.5, rel=0.12)


def test_the_variance_of_seeds_and_that_of_sessions_add_up() -> None:
    rng = np.random.default_rng(5)
    seed_effect, session_effect = rng.normal(0, 1, 60), rng.normal(0, 3, 500)
    values = seed_effect[:, None] + session_effect
    low, high = seed_session_interval(values, draws=4_000)
    error = (seed_effect.var() / 60 + session_effect.var() / 500) ** 0.5
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.06)
    pooled_low, pooled_high = interval(values.ravel())
    assert high - low > 5 * (pooled_high - pooled_low)


def test_sessions_are_the_same_on_both_sides_and_seeds_are_drawn_on_each() -> None:
    rng = np.random.default_rng(6)
    sessions = rng.normal(0, 5, 200)
    shifted = seed_session_difference_interval(sessions[None] + 1, sessions[None])
    assert shifted == pytest.approx((1.0, 1.0))
    seeds = rng.normal(0, 1, (50, 1))
    low, high = seed_session_difference_interval(seeds + sessions, seeds + sessions)
    assert (high - low) / 2 == pytest.approx(1.96 * (2 * seeds.var() / 50) ** 0.5, rel=0.1)


def test_an_interval_over_seeds_is_the_same_each_time_and_another_with_another_seed() -> None:
    values = np.random.default_rng(7).random((3, 50))
    assert seed_session_interval(values) == seed_session_interval(values.copy())
    assert seed_session_interval(values) != seed_session_interval(values, seed=1)


@pytest.mark.parametrize("shape", [(0, 5), (3, 1), (3, 0), (4,)])
def test_an_interval_over_nothing_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="needs one seed or more on two sessions or more"):
        seed_session_interval(np.zeros(shape))


def test_metrics_over_seeds_are_wider_than_those_of_pooled_sessions() -> None:
    rng = np.random.default_rng(8)
    seeds = [evaluation(np.where(rng.random(500) < share, 1, 99).tolist()) for share in (0.1, 0.3, 0.5)]
    low, high = over_seeds(seeds)["hit@10_interval"]
    assert low < 0.15
    assert high > 0.45
    low, high = paired_difference(seeds, [evaluation([99] * 500)], "hit@10")["hit@10_difference_interval"]
    assert low < 0.15
    assert high > 0.45


def test_a_paired_difference_that_is_the_same_everywhere_has_no_width() -> None:
    better, worse = [evaluation([1] * 6)], [evaluation([11] * 6), evaluation([50] * 6)]
    difference = paired_difference(better, worse, "hit@10")
    assert difference == {"hit@10_difference": 1.0, "hit@10_difference_interval": (1.0, 1.0)}


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    chance = np.random.default_rng(0)
    ranks = np.where(chance.random(2_000) < 0.3, 1, 99)
    shifted = ranks.copy()
    shifted[:40] = 1
    difference = paired_difference([evaluation(shifted.tolist())], [evaluation(ranks.tolist())], "hit@10")
    low, high = difference["hit@10_difference_interval"]
    assert 0 < low < difference["hit@10_difference"] < high < 0.03


@pytest.mark.parametrize("sides", [([[1, 2]], [[1, 2, 3]]), ([[1]], [[1]])])
def test_different_or_too_few_targets_cannot_be_compared(sides: tuple[list[list[int]], list[list[int]]]) -> None:
    first, second = ([evaluation(ranks) for ranks in side] for side in sides)
    with pytest.raises(BadInput, match="same two or more targets"):
        paired_difference(first, second, "hit@10")


def test_seeds_on_different_targets_are_refused() -> None:
    with pytest.raises(BadInput, match="same targets"):
        over_seeds([evaluation([1, 2]), evaluation([1])])
    with pytest.raises(BadInput, match="same targets"):
        over_seeds([])


def test_a_paired_difference_in_expected_hits_needs_the_truth_on_both_sides() -> None:
    knows, better = [evaluation([1, 2], [0.2, 0.4])], [evaluation([1, 2], [0.3, 0.5]), evaluation([1, 2], [0.5, 0.7])]
    difference = paired_expected_difference(better, knows)
    assert difference["expected_hit@10_difference"] == pytest.approx(0.2)
    with pytest.raises(BadInput, match="compare Hit@10"):
        paired_expected_difference(knows, [evaluation([1, 2])])


def test_a_difference_of_other_sessions_is_refused() -> None:
    with pytest.raises(BadInput, match="same sessions"):
        seed_session_difference_interval(np.zeros((2, 5)), np.zeros((2, 4)))
