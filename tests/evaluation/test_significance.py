"""Sign tests against sums of binomial coefficients, and Holm against figures in print."""

from __future__ import annotations

from math import comb

import pytest

from streamrec_core.evaluation.significance import holm, sign_test


def test_a_sign_test_counts_the_ways_in_which_as_many_coins_or_more_fall_on_heads() -> None:
    cases = [(8, 8), (16, 20), (10, 20), (0, 5), (0, 0), (1, 1)]
    expected = [sum(comb(n, k) for k in range(least, n + 1)) / 2**n for least, n in cases]
    assert sign_test(*zip(*cases, strict=True)).tolist() == pytest.approx(expected)
    assert expected[-2:] == [1.0, 0.5]


def test_holm_gives_the_published_example() -> None:
    # R's p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.9]) == (1.0, 1.0)
    assert holm([0.02, None, 0.01]) == (0.02, None, 0.02)
