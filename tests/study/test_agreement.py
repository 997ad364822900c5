"""Krippendorff's alpha: his published example, and its known properties."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.study.agreement import krippendorff_alpha

X = np.nan
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
PRINTED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
        [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
    ],
    dtype=float,
)


def test_the_published_example() -> None:
    assert krippendorff_alpha(PRINTED) == pytest.approx(0.815, abs=5e-4)  # printed: ordinal alpha = 0.815


def test_only_the_order_of_values_matters() -> None:
    assert krippendorff_alpha(10.0**PRINTED) == krippendorff_alpha(PRINTED)


def test_full_agreement_is_one_and_noise_is_about_zero() -> None:
    rng = np.random.default_rng(0)
    units = rng.integers(1, 6, 40).astype(float)
    assert krippendorff_alpha(np.tile(units, (3, 1))) == pytest.approx(1.0)
    assert krippendorff_alpha(rng.integers(1, 6, (4, 400)).astype(float)) == pytest.approx(0.0, abs=0.06)


def test_opposite_ratings_are_worse_than_chance() -> None:
    assert krippendorff_alpha(np.array([[1.0, 5.0, 1.0, 5.0], [5.0, 1.0, 5.0, 1.0]])) < 0


def test_alpha_is_none_where_nothing_can_be_compared() -> None:
    assert krippendorff_alpha(np.array([[1.0, X], [X, 2.0]])) is None
    assert krippendorff_alpha(np.full((3, 4), 3.0)) is None
