"""The `case-study` preset is the published generator, exactly in distribution."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy import stats

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import by_session
from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
from streamrec_core.data.titles import CATEGORIES
from streamrec_core.data.truth import Truth

SESSIONS = 40_000
UNLIKELY = 1e-4  # of a chi-square test with a fixed seed: a wrong distribution gives far less


@lru_cache(maxsize=1)
def drawn() -> tuple[Catalogue, EventLog, Truth]:
    catalogue = case_study_catalogue()
    return catalogue, *draw_case_study(catalogue, SESSIONS, seed=11)


def categories_of_events() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    catalogue, log, _ = drawn()
    categories: np.ndarray[tuple[int], np.dtype[np.int64]] = catalogue.category_of[log.items]
    return categories


def history_events() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(E,) every event but the targets."""
    _, log, _ = drawn()
    history = np.ones(len(log.items), bool)
    history[log.offsets[1:] - 1] = False
    return history


def fits(counts: np.ndarray, shares: np.ndarray | None = None) -> bool:
    expected = None if shares is None else shares * counts.sum()
    return bool(stats.chisquare(counts, expected).pvalue > UNLIKELY)


def test_the_catalogue_has_5000_items_in_20_categories_drawn_evenly() -> None:
    catalogue = case_study_catalogue()
    counts = np.bincount(catalogue.category_of)
    assert (len(catalogue), len(counts), len(set(CATEGORIES))) == (5_000, 20, 20)
    assert fits(counts)
    assert counts.std() > 5  # drawn, not dealt out: the standard deviation of such counts is about 15
    assert not catalogue.neutral.any()
    assert len(set(catalogue.titles)) == 5_000


def test_history_lengths_are_uniform_from_8_to_30() -> None:
    _, log, _ = drawn()
    counts = np.bincount(log.lengths - 1)
    assert (counts[:8] == 0).all()
    assert len(counts) == 31
    assert fits(counts[8:])


def test_every_event_is_a_click_without_a_time() -> None:
    _, log, _ = drawn()
    assert not log.engagements.any()
    assert (log.timestamps, log.user_ids) == (None, None)


def test_three_distinct_categories_are_preferred_every_choice_alike_likely() -> None:
    _, _, truth = drawn()
    preferred = np.sort(truth.preferred, axis=1)
    assert preferred.shape == (SESSIONS, 3)
    assert (np.diff(preferred, axis=1) > 0).all()
    choices = (preferred * np.array([400, 20, 1])).sum(1)
    _, counts = np.unique(choices, return_counts=True)
    assert len(counts) == 20 * 19 * 18 // 6
    assert fits(counts)
    np.testing.assert_allclose(truth.preferred_weight, 1 / 3, rtol=1e-6)


def test_an_event_is_of_a_preferred_category_with_probability_seven_tenths_and_three_twentieths_of_the_rest() -> None:
    _, log, truth = drawn()
    session = np.repeat(np.arange(SESSIONS), log.lengths)
    preferred_slot = (truth.preferred[session] == categories_of_events()[:, None])[history_events()]
    counts = np.append(preferred_slot.sum(0), (~preferred_slot.any(1)).sum())
    each = 0.7 / 3 + 0.3 / 20
    assert fits(counts, np.array([each, each, each, 0.3 * 17 / 20]))


def test_events_inside_a_session_carry_no_order() -> None:
    _, log, _ = drawn()
    long = np.flatnonzero(log.lengths == 31)
    codes = categories_of_events()[log.offsets[long][:, None] + np.arange(30)]
    neighbours = (codes[:, :-1] == codes[:, 1:]).mean()
    strangers = (codes[:, 0] == codes[:, 29]).mean()
    # two events of one session agree with probability 3 * (.7/3 + .3/20)^2 + 17 * (.3/20)^2, near or far
    agree = 3 * (0.7 / 3 + 0.015) ** 2 + 17 * 0.015**2
    assert neighbours == pytest.approx(agree, abs=0.005)
    assert strangers == pytest.approx(agree, abs=0.04)


def test_items_are_drawn_evenly_within_a_category_of_history_and_target_alike() -> None:
    catalogue, log, truth = drawn()
    shares = 1 / np.bincount(catalogue.category_of)[catalogue.category_of]
    np.testing.assert_allclose(truth.within_category, shares, rtol=1e-6)
    for events in (history_events(), ~history_events()):
        codes = np.bincount(categories_of_events()[events], minlength=20)
        expected = shares * codes[catalogue.category_of]
        counts = np.bincount(log.items[events], minlength=5_000)
        freedom = 5_000 - 20
        assert stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), freedom) > UNLIKELY


def test_the_target_follows_the_last_event_the_first_or_a_preference_as_printed() -> None:
    _, _, truth = drawn()
    counts = np.array([truth.cause.count(name) for name in ("last", "opening", "preference")])
    assert counts.sum() == SESSIONS
    assert fits(counts, np.array([0.5, 0.15, 0.35]))


def test_the_cause_is_an_event_of_the_targets_category_or_a_preferred_one() -> None:
    _, log, truth = drawn()
    codes = categories_of_events()
    target = codes[log.offsets[1:] - 1]
    cause = np.array(truth.cause)
    position = truth.cause_position
    assert (position[cause == "last"] == (log.lengths - 2)[cause == "last"]).all()
    assert (position[cause == "opening"] == 0).all()
    assert (position[cause == "preference"] == -1).all()
    has_cause = position >= 0
    assert (codes[log.offsets[:-1] + position][has_cause] == target[has_cause]).all()
    assert (truth.preferred == target[:, None]).any(1)[~has_cause].all()


def test_a_preferred_target_takes_each_of_the_three_alike() -> None:
    _, log, truth = drawn()
    target = categories_of_events()[log.offsets[1:] - 1]
    preferred_slot = (truth.preferred == target[:, None])[np.array(truth.cause) == "preference"]
    assert fits(preferred_slot.sum(0))


def test_the_truth_is_the_rule_for_every_session() -> None:
    _, log, truth = drawn()
    codes = categories_of_events()
    np.testing.assert_allclose(truth.category_mass.sum(1), 1, atol=1e-6)
    for row in range(200):
        expected = np.zeros(20)
        expected[codes[log.offsets[row + 1] - 2]] += 0.5
        expected[codes[log.offsets[row]]] += 0.15
        expected[truth.preferred[row]] += 0.35 / 3
        np.testing.assert_allclose(truth.category_mass[row], expected, atol=1e-6)


def test_ceiling_and_lowest_cross_entropy_are_those_of_the_published_data() -> None:
    catalogue, log, truth = drawn()
    rows = np.arange(4_000)
    mass = truth.probabilities(rows, catalogue)
    np.testing.assert_allclose(mass.sum(1), 1, atol=5e-5)
    ceiling = np.sort(mass, axis=1)[:, -10:].sum(1).mean()
    assert ceiling == pytest.approx(0.0248, abs=0.0004)
    entropy = -(mass * np.log(np.maximum(mass, 1e-30))).sum(1).mean()
    assert entropy == pytest.approx(6.506, abs=0.01)
    target_mass = mass[rows, log.items[log.offsets[1:] - 1][rows]]
    assert -np.log(target_mass).mean() == pytest.approx(entropy, abs=0.03)


def test_sessions_are_set_by_the_seed_and_the_catalogue_by_nothing() -> None:
    catalogue = case_study_catalogue()
    assert case_study_catalogue().hash == catalogue.hash
    (first, truth), (again, _), (other, _) = (draw_case_study(catalogue, 500, seed) for seed in (1, 1, 2))
    assert first.hash() == again.hash()
    assert first.hash() != other.hash()
    assert len(truth) == len(first) == 500


def test_a_data_set_of_20000_divides_16000_to_4000() -> None:
    catalogue = case_study_catalogue()
    log, _ = draw_case_study(catalogue, 20_000, 42)
    train, validation, test = by_session(log)
    assert (len(train) + len(validation), len(validation), len(test)) == (16_000, 1_600, 4_000)
