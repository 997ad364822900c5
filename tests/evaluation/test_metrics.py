"""Hit@k, NDCG@k and MRR by hand, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.evaluation.metrics import METRICS, hits, interval, ndcg, reciprocal_rank, summary
from streamrec_core.training.settings import Monitor

RANKS = np.array([1, 2, 10, 11, 5_000])


def test_each_metric_by_hand() -> None:
    assert hits(RANKS).tolist() == [1, 1, 1, 0, 0]
    assert ndcg(RANKS) == pytest.approx([1, 1 / math.log2(3), 1 / math.log2(11), 0, 0])
    assert reciprocal_rank(RANKS) == pytest.approx([1, 1 / 2, 1 / 10, 1 / 11, 1 / 5_000])
    assert hits(RANKS, k=1).tolist() == [1, 0, 0, 0, 0]
    assert ndcg(RANKS, k=2)[2] == 0


def test_training_can_be_monitored_by_every_metric_and_by_the_loss() -> None:
    assert set(get_args(Monitor)) == {"loss", *METRICS}


def test_the_summary_names_each_mean_and_its_interval() -> None:
    summarised = summary(RANKS)
    assert list(summarised) == ["hit@10", "hit@10_interval", "ndcg@10", "ndcg@10_interval", "mrr", "mrr_interval"]
    assert summarised["hit@10"] == pytest.approx(0.6)
    assert summarised["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 10 + 1 / 11 + 1 / 5_000) / 5)
    low, high = summarised["hit@10_interval"]
    assert 0 <= low < 0.6 < high <= 1


def test_an_interval_is_the_same_each_time() -> None:
    values = np.random.default_rng(1).random(500)
    assert interval(values) == interval(values.copy())


def test_the_same_value_everywhere_is_that_value_twice() -> None:
    assert interval(np.zeros(100)) == (0.0, 0.0)
    assert interval(np.ones(7)) == (1.0, 1.0)


def test_fewer_than_two_values_say_nothing() -> None:
    assert interval(np.array([0.4])) == (0.0, 1.0)
    assert interval(np.array([])) == (0.0, 1.0)


def test_the_width_is_that_of_the_binomial() -> None:
    # 4,000 targets, one in five hit: the standard error is sqrt(.2 * .8 / 4000)
    values = np.array([1.0] * 800 + [0.0] * 3_200)
    low, high = interval(values)
    error = math.sqrt(0.2 * 0.8 / 4_000)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.08)
    assert (high + low) / 2 == pytest.approx(0.2, abs=0.2 * error)


def test_intervals_hold_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        low, high = interval((rng.random(400) < 0.15).astype(float))
        covered += low <= 0.15 <= high
    # binomial(200, .95): 190 expected, below 180 or at 200 once in several thousand
    assert 180 <= covered <= 199


@given(st.lists(st.integers(1, 6_000), min_size=2, max_size=60))
def test_every_mean_lies_in_its_interval_and_the_metrics_keep_their_order(ranks: list[int]) -> None:
    summarised = summary(np.array(ranks))
    for name in ("hit@10", "ndcg@10", "mrr"):
        low, high = summarised[f"{name}_interval"]
        assert low - 1e-12 <= summarised[name] <= high + 1e-12
    assert summarised["ndcg@10"] <= summarised["hit@10"] + 1e-12
