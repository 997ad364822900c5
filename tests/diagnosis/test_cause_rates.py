"""A condition counts as a cause only where it is clearly more frequent in misses than in hits."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.diagnosis.cause_rates import CauseRate, cause_rates
from streamrec_core.diagnosis.causes import CauseSettings


def rate(in_misses: int, misses: int, in_hits: int, hits: int, times: float = 1.5) -> CauseRate:
    return CauseRate(in_misses, misses, in_hits, hits, times)


def test_the_interval_of_the_difference_matches_newcombes_examples() -> None:
    # Newcombe 1998, table II, method 10: 56 of 70 against 48 of 80, 9 of 10 against 3 of 10
    assert rate(56, 70, 48, 80).difference_interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert rate(9, 10, 3, 10).difference_interval == pytest.approx((0.1705, 0.8090), abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "is_cause"),
    [
        ((600, 1000, 100, 1000), True),
        ((100, 1000, 600, 1000), False),  # more frequent in hits
        ((300, 1000, 300, 1000), False),
        ((3, 10, 1, 10), False),  # three times as often, but too few to tell
        ((980, 1000, 900, 1000), False),  # clearly more frequent, by a factor of 1.09
        ((20, 1000, 0, 1000), True),
        ((0, 1000, 0, 1000), False),
        ((10, 10, 0, 0), False),  # no hit to compare with
        ((0, 0, 10, 10), False),
    ],
)
def test_a_cause_is_clearly_more_frequent_in_misses(counts: tuple[int, int, int, int], is_cause: bool) -> None:
    assert rate(*counts).is_cause is is_cause


def test_times_as_often_is_the_threshold() -> None:
    assert rate(500, 1000, 400, 1000, times=1.25).is_cause
    assert not rate(500, 1000, 400, 1000, times=1.26).is_cause


def test_conditions_are_counted_in_misses_and_in_hits() -> None:
    missed = np.array([True, True, True, False, False])
    holds = {"first": np.array([True, True, False, True, False]), "second": np.zeros(5, bool)}
    rates = cause_rates(holds, missed, CauseSettings(times_as_often=2))
    assert rates == {"first": rate(2, 3, 1, 2, 2.0), "second": rate(0, 3, 0, 2, 2.0)}
    assert (rates["first"].among_misses, rates["first"].among_hits) == (pytest.approx(2 / 3), 0.5)
