"""How much lists differ: values worked out by hand, and brute force over sets and prefixes."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.diagnosis.gate.list_changes import PERSISTENCE, first_changed, jaccard, rank_biased_overlap
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY


def lists(*rows: list[int]) -> np.ndarray:
    return np.array([[*row, *[EMPTY] * (4 - len(row))] for row in rows])


def test_equal_lists_do_not_differ_however_short() -> None:
    same = lists([1, 2, 3, 4], [5], [])
    assert jaccard(same, same).tolist() == [1, 1, 1]
    assert rank_biased_overlap(same, same) == pytest.approx([1, 1, 1])
    assert first_changed(same, same).tolist() == [0, 0, 0]


def test_lists_without_a_common_title_share_nothing() -> None:
    first, second = lists([1, 2, 3, 4], [1], [1]), lists([5, 6, 7, 8], [2], [])
    assert jaccard(first, second).tolist() == [0, 0, 0]
    assert rank_biased_overlap(first, second).tolist() == [0, 0, 0]
    assert first_changed(first, second).tolist() == [1, 1, 1]


def test_a_change_at_the_top_weighs_more_than_one_at_the_end() -> None:
    old = lists([1, 2, 3, 4], [1, 2, 3, 4])
    new = lists([9, 2, 3, 4], [1, 2, 3, 9])
    assert jaccard(old, new) == pytest.approx([3 / 5, 3 / 5])
    top, end = rank_biased_overlap(old, new)
    assert top < end < 1


def test_rank_biased_overlap_by_hand() -> None:
    """Depths 1 to 4 agree by 0, 2/2, 2/3, 3/4 of the titles."""
    old, new = lists([1, 2, 3, 4]), lists([2, 1, 4, 9])
    p = PERSISTENCE
    expected = (1 - p) / p * (p**2 + 2 / 3 * p**3 + 3 / 4 * p**4) + 3 / 4 * p**4
    assert rank_biased_overlap(old, new)[0] == pytest.approx(expected)


def test_they_are_those_of_sets_and_prefixes() -> None:
    rng = np.random.default_rng(0)
    first, second = (np.stack([rng.permutation(9)[:6] for _ in range(50)]) for _ in range(2))
    first[::7, 4:] = EMPTY
    for row, (old, new) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        old = [item for item in old if item != EMPTY]
        assert jaccard(first, second)[row] == pytest.approx(len({*old} & {*new}) / len({*old} | {*new}))
        length, p = max(len(old), len(new)), PERSISTENCE
        agree = [len({*old[:depth]} & {*new[:depth]}) / depth for depth in range(1, length + 1)]
        overlap = (1 - p) / p * sum(share * p**depth for depth, share in enumerate(agree, 1)) + agree[-1] * p**length
        assert rank_biased_overlap(first, second)[row] == pytest.approx(overlap)
