"""Two models on the same targets: lifts that can be worked out by hand, and who is right where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import HIT_BY, compare_hits, lift


def evaluation(ranks: list[int], model: str = "m") -> Evaluation:
    return Evaluation(model, "test", "session", False, np.array(ranks), None, None)


def test_a_model_that_is_right_twice_as_often_has_a_ratio_of_two() -> None:
    model, reference = evaluation([1] * 400 + [99] * 600, "mine"), evaluation([1] * 200 + [99] * 800, "theirs")
    twice = lift(model, reference)
    assert (twice.model, twice.reference, twice.metric) == ("mine", "theirs", "hit@10")
    assert twice.difference == pytest.approx(0.2)
    assert twice.ratio == pytest.approx(2.0)
    assert twice.certain
    # The 200 on which they differ are a share of 0.2: its standard error is 0.0126.
    assert twice.difference_interval == pytest.approx((0.2 - 1.96 * 0.0126, 0.2 + 1.96 * 0.0126), abs=0.003)
    assert twice.ratio_interval is not None
    assert twice.ratio_interval[0] < 2.0 < twice.ratio_interval[1]


def test_pairing_makes_the_ratio_of_a_model_to_itself_certain() -> None:
    model = evaluation([1, 99] * 50)
    itself = lift(model, model)
    assert (itself.difference, itself.ratio, itself.ratio_interval) == (0.0, 1.0, (1.0, 1.0))
    assert not itself.certain


def test_a_reference_that_is_never_right_has_no_ratio() -> None:
    unbounded = lift(evaluation([1] * 20), evaluation([99] * 20))
    assert (unbounded.difference, unbounded.ratio, unbounded.ratio_interval) == (1.0, None, None)


def test_a_reference_that_a_resample_may_leave_without_a_hit_has_no_interval_of_the_ratio() -> None:
    uncertain = lift(evaluation([1] * 10 + [99] * 10), evaluation([1] + [99] * 19))
    assert uncertain.ratio == pytest.approx(10.0)
    assert uncertain.ratio_interval is None


def test_a_difference_by_chance_is_not_certain() -> None:
    assert not lift(evaluation([1, 99, 1, 99] * 5), evaluation([99, 1, 1, 99] * 5)).certain


def test_who_is_right_where_and_the_widest_gap_stands_first() -> None:
    comparison = compare_hits(evaluation([1, 10, 2, 11, 500]), evaluation([10, 11, 400, 3, 600]))
    assert comparison.counts == {"both": 1, "only the first": 2, "only the second": 1, "neither": 1}
    assert comparison.only_first.tolist() == [2, 1]
    assert comparison.only_second.tolist() == [3]
    assert compare_hits(evaluation([1, 2]), evaluation([2, 1]), k=1).only_second.tolist() == [1]


ranks = st.integers(1, 30)


@given(st.lists(st.tuples(ranks, ranks), min_size=1, max_size=40), st.sampled_from([1, 10]))
def test_every_target_is_counted_once_and_swapping_the_models_swaps_the_lists(
    pairs: list[tuple[int, int]], k: int
) -> None:
    first, second = (evaluation([pair[side] for pair in pairs]) for side in (0, 1))
    comparison, swapped = compare_hits(first, second, k), compare_hits(second, first, k)
    assert list(comparison.counts) == list(HIT_BY)
    assert sum(comparison.counts.values()) == len(pairs)
    assert comparison.only_first.tolist() == swapped.only_second.tolist()
    assert len(comparison.only_first) == comparison.counts["only the first"]


def test_different_targets_are_refused() -> None:
    with pytest.raises(BadInput, match="same"):
        lift(evaluation([1, 2]), evaluation([1, 2, 3]))
    with pytest.raises(BadInput, match="same"):
        compare_hits(evaluation([1]), evaluation([1, 2]))
