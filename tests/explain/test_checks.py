"""Checks by removal: which sets are compared, and what follows from the effects."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.removal import case_of
from streamrec_core.explain.checks import CheckSettings, check, sets_of_size, verdict
from tests.worlds import BagModel, catalogue_of, session_of

PLACES = np.array([0, 1, 3, 4, 7, 8, 9])


def test_all_other_sets_are_compared_where_there_are_few() -> None:
    assert sets_of_size(PLACES, 2, 200, [1]) == list(combinations(PLACES.tolist(), 2))
    assert sets_of_size(PLACES, 8, 200, [1]) == []


@pytest.mark.parametrize(("places", "size"), [(40, 2), (50, 20)])
def test_of_many_sets_different_ones_are_drawn_the_same_at_every_visit(places: int, size: int) -> None:
    drawn = sets_of_size(np.arange(places), size, 200, [1, size])
    assert len(set(drawn)) == len(drawn) == 201
    assert all(len(set(one)) == size and sorted(one) == list(one) and one[-1] < places for one in drawn)
    assert drawn == sets_of_size(np.arange(places), size, 200, [1, size])
    assert drawn != sets_of_size(np.arange(places), size, 200, [2, size])
    counts = np.bincount(np.array(drawn).ravel(), minlength=places)
    assert counts.max() < 3 * counts.mean()


@pytest.mark.parametrize(
    ("effect", "other", "percentile", "expected"),
    [
        (1.0, 1.0, 0.95, "holds"),
        (1.0, 1.0, 0.9, "holds"),
        (1.0, 1.0, 0.89, "no more than others"),
        (1.0, 0.0, 1.0, "one way only"),
        (0.04, 1.0, 1.0, "too little"),
        (0.0, 0.0, 1.0, "too little"),
        (-0.04, 0.0, 0.5, "too little"),
        (-1.0, -1.0, 0.0, "speaks against"),
        (1.0, 1.0, None, "untestable"),
    ],
)
def test_the_verdict_follows_from_effect_and_percentile(
    effect: float, other: float, percentile: float | None, expected: str
) -> None:
    assert verdict(effect, other, percentile, CheckSettings()) == expected


def test_the_threshold_says_how_many_other_sets_are_needed() -> None:
    assert [CheckSettings(threshold=at).least_others for at in (0.5, 0.8, 0.9, 0.95)] == [1, 4, 9, 19]
    assert verdict(0.01, 0.01, 1.0, CheckSettings(least_effect=0.0)) == "holds"
    assert verdict(1.0, 0.0, 1.0, CheckSettings(both_ways=False)) == "holds"


def test_the_effect_is_that_of_the_model_and_neutral_events_are_in_no_other_set() -> None:
    catalogue = catalogue_of(12, 3, home=True)
    weights = torch.zeros(13, 13)
    weights[2, 5] = 2.0
    case = case_of(session_of([12, 0, 1, 2, 3, 12, 4, 6, 7, 8, 9, 10, 12]), 5, BagModel(weights), filter_seen=False)
    ((found),) = check(BagModel(weights), catalogue, [(case, [(3,), (1, 3)])])
    single, pair = found.checks
    scores = torch.zeros(12)
    scores[5] = 2.0
    before = float(scores.softmax(0)[5])
    assert single.probability_before == pytest.approx(before, rel=1e-5)
    assert single.probability_after == pytest.approx(1 / 12, rel=1e-5)
    assert single.effect == pytest.approx(np.log(12 * before), rel=1e-5)
    assert (single.others, single.other_sets, single.percentile, single.verdict) == (9, 9, 1.0, "holds")
    assert (pair.others, pair.other_sets) == (44, 44)
    assert pair.percentile == pytest.approx(36 / 44)  # eight other pairs hold the same event
    assert pair.verdict == "no more than others"
    assert (found.empty.probability_after, found.recommendable) == (pytest.approx(1 / 12, rel=1e-5), 12)
