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
    found = agreement(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    assert (found.tau, found.pearson, found.same_first) == pytest.approx((1.0, 1.0, 1.0))
    found = agreement(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    assert (found.tau, found.pearson, found.same_first) == pytest.approx((-1.0, -1.0, 0.0))


def test_constant_weights_agree_with_nothing_and_share_the_first_place() -> None:
    found = agreement(np.full(4, 0.25), np.array([0.0, 0.0, 0.0, 1.0]))
    assert (found.tau, found.pearson, found.same_first) == (0.0, 0.0, 0.25)


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_it_is_scipys_tau_b_and_pearson(first: list[float], random: object) -> None:
    one = np.array(first)
    other = np.random.default_rng(len(first)).permutation(one) + np.arange(len(one)) / 7
    found = agreement(one, other)
    if np.ptp(one) > 1e-6:
        assert found.tau == pytest.approx(stats.kendalltau(one, other).statistic)
        assert found.pearson == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-6)
    assert 0 <= found.same_first <= 1


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=12))
def test_signed_values_with_ties_have_scipys_tau_b(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(column, np.float64) for column in zip(*pairs, strict=True))
    found = kendall(one, other)
    if np.ptp(one) and np.ptp(other):
        assert found == pytest.approx(stats.kendalltau(one, other).statistic)
    else:
        assert found is None
