"""Paired statistics against scipy and published worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from streamrec_core.study.paired import (
    bootstrap_interval,
    paired_test,
    power,
    raters_needed,
)

# Darwin's Zea mays: heights of 15 pairs of crossed and self-fertilised plants in eighths of an inch (Fisher 1935, III).
CROSSED = np.array([188, 96, 168, 176, 153, 172, 177, 163, 146, 173, 186, 168, 177, 184, 96], float)
SELFED = np.array([139, 163, 160, 160, 147, 149, 149, 122, 132, 144, 130, 144, 102, 124, 144], float)


def test_fishers_figures_for_darwins_plants() -> None:
    test = paired_test(CROSSED, SELFED)
    assert test.n == 15
    assert test.difference == pytest.approx(20.933, abs=1e-3)
    assert test.t == pytest.approx(2.148, abs=1e-3)  # Fisher: t = 2.148, P just below 5 %
    assert test.t_p == pytest.approx(0.0497, abs=1e-4)
    assert test.dz == pytest.approx(2.148 / np.sqrt(15), abs=1e-3)
    assert test.w == 24  # the two negative differences, 67 and 48, rank 14 and 10 (of 15, ties none)
    assert test.rank_biserial == pytest.approx((96 - 24) / 120)


@pytest.mark.parametrize("seed", range(5))
def test_tests_equal_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(0.4, 1, 20), rng.normal(0, 1, 20)
    test = paired_test(first, second)
    t, w = stats.ttest_rel(first, second), stats.wilcoxon(first, second)
    assert (test.t, test.t_p) == pytest.approx((t.statistic, t.pvalue))
    assert (test.w, test.w_p) == pytest.approx((w.statistic, w.pvalue))
    interval = stats.bootstrap((first - second,), np.mean, n_resamples=5000, method="percentile", rng=9)
    assert test.interval == pytest.approx(tuple(interval.confidence_interval), abs=0.06)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(120):
        low, high = bootstrap_interval(rng.normal(3, 1, 30))
        inside += low <= 3 <= high
    assert 0.87 <= inside / 120 <= 1.0


def test_ratings_without_any_difference_have_no_test_and_no_effect() -> None:
    same = np.array([3.0, 4.0, 2.0, 5.0])
    test = paired_test(same, same)
    assert (test.t, test.t_p, test.w, test.w_p, test.dz) == (None,) * 5
    assert (test.difference, test.interval, test.rank_biserial) == (0.0, (0.0, 0.0), 0.0)


def test_a_difference_without_spread_has_a_signed_rank_test_only() -> None:
    test = paired_test(np.full(6, 4.0), np.full(6, 3.0))
    assert test.t is None
    assert test.dz is None
    assert test.w_p == pytest.approx(2 / 2**6)
    assert test.rank_biserial == 1.0


def test_differences_that_are_zero_but_for_the_last_bit_count_as_zero() -> None:
    first = np.array([0.1 + 0.2, 2.0, 3.0, 4.0, 4.5])
    second = np.array([0.3, 1.0, 1.0, 1.0, 0.5])
    assert paired_test(first, second).w_p == paired_test(first[1:], second[1:]).w_p


@pytest.mark.parametrize(("dz", "needed"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_sample_sizes_are_those_of_gpower(dz: float, needed: int) -> None:
    # G*Power 3.1, difference between two dependent means, two tails, alpha 0.05, power 0.80
    assert raters_needed(dz) == needed
    assert raters_needed(-dz) == needed
    assert power(dz, needed) >= 0.8 > power(dz, needed - 1)


def test_power_agrees_with_simulated_studies() -> None:
    draws = np.random.default_rng(1).normal(0.6, 1, (4000, 24))
    test = (stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05).mean()
    assert power(0.6, 24) == pytest.approx(test, abs=0.02)


def test_raters_needed_is_none_without_an_effect() -> None:
    assert raters_needed(0.0) is None
    assert raters_needed(0.001) is None
    assert raters_needed(30.0) == 2


def test_power_is_defined_and_rises_with_effect_and_people() -> None:
    table = np.array([[power(dz, n) for n in range(2, 40)] for dz in (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)])
    assert np.isfinite(table).all()
    assert table[0] == pytest.approx(0.05)  # without an effect it is the level itself
    assert (np.diff(table[1:], axis=1) >= -1e-12).all()
    assert (np.diff(table, axis=0) >= -1e-12).all()
