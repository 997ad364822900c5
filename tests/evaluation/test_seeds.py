"""Several seeds become one line whose figures can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.seeds import over_seeds, paired_difference, paired_expected_difference


def evaluation(ranks: list[int], expected: list[float] | None = None) -> Evaluation:
    """An evaluation with these ranks; the ceiling is 0.5 for every session."""
    known = None if expected is None else np.array(expected)
    ceiling = None if expected is None else np.full(len(ranks), 0.5)
    return Evaluation("m", "test", "session", False, np.array(ranks), known, ceiling)


def test_figures_are_means_over_seeds_and_each_seed_is_kept() -> None:
    found = over_seeds([evaluation([1, 20, 20, 20], [0.4] * 4), evaluation([1, 1, 1, 20], [0.2] * 4)])
    assert found["seeds"] == 2
    assert found["hit@10_by_seed"] == [0.25, 0.75]
    assert found["hit@10"] == 0.5
    assert found["expected_hit@10"] == pytest.approx(0.3)
    assert found["share_of_ceiling"] == pytest.approx(0.6)


def test_a_paired_difference_that_is_the_same_everywhere_has_no_width() -> None:
    better, worse = [evaluation([1] * 6)], [evaluation([11] * 6), evaluation([50] * 6)]
    found = paired_difference(better, worse, "hit@10")
    assert found == {"hit@10_difference": 1.0, "hit@10_difference_interval": (1.0, 1.0)}


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    chance = np.random.default_rng(0)
    ranks = np.where(chance.random(2_000) < 0.3, 1, 99)
    shifted = ranks.copy()
    shifted[:40] = 1
    found = paired_difference([evaluation(shifted.tolist())], [evaluation(ranks.tolist())], "hit@10")
    low, high = found["hit@10_difference_interval"]
    assert 0 < low < found["hit@10_difference"] < high < 0.03


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
    found = paired_expected_difference(better, knows)
    assert found["expected_hit@10_difference"] == pytest.approx(0.2)
    with pytest.raises(BadInput, match="compare Hit@10"):
        paired_expected_difference(knows, [evaluation([1, 2])])
