"""Agreement of two weightings, against scipy and answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from streamrec_core.attribution.agreement import agreement, kendall

WEIGHTS = st.lists(st.floats(0, 1, width=32), min_size=3, max_size=12)


def test_known_answers() -> None:
    agreed = agreement(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    assert (agreed.tau, agreed.pearson, agreed.same_first) == pytest.approx((1.0, 1.0, 1.0))
    agreed = agreement(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    assert (agreed.tau, agreed.pearson, agreed.same_first) == pytest.approx((-1.0, -1.0, 0.0))


def test_constant_weights_agree_with_nothing_and_share_the_first_place() -> None:
    agreed = agreement(np.full(4, 0.25), np.array([0.0, 0.0, 0.0, 1.0]))
    assert (agreed.tau, agreed.pearson, agreed.same_first) == (0.0, 0.0, 0.25)


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_it_is_scipys_tau_b_and_pearson(first: list[float], random: object) -> None:
    weights = np.array(first)
    other = np.random.default_rng(len(first)).permutation(weights) + np.arange(len(weights)) / 7
    agreed = agreement(weights, other)
    if np.ptp(weights) > 1e-6:
        assert agreed.tau == pytest.approx(stats.kendalltau(weights, other).statistic)
        assert agreed.pearson == pytest.approx(stats.pearsonr(weights, other).statistic, abs=1e-6)
    assert 0 <= agreed.same_first <= 1


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=12))
def test_signed_values_with_ties_have_scipys_tau_b(pairs: list[tuple[int, int]]) -> None:
    left, right = (np.array(column, np.float64) for column in zip(*pairs, strict=True))
    tau = kendall(left, right)
    if np.ptp(left) and np.ptp(right):
        assert tau == pytest.approx(stats.kendalltau(left, right).statistic)
    else:
        assert tau is None
