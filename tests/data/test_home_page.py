"""The home page of the `streamrec` preset: in most sessions, often, and without any meaning."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import CLICK
from streamrec_core.data.log import EventLog
from streamrec_core.data.synthetic.sessions import draw_streamrec, home_places, streamrec_catalogue
from streamrec_core.data.truth import Truth

SESSIONS = 10_000


@lru_cache(maxsize=1)
def drawn() -> tuple[Catalogue, EventLog, Truth]:
    catalogue = streamrec_catalogue()
    return catalogue, *draw_streamrec(catalogue, SESSIONS, seed=9, home_page=True)


@lru_cache(maxsize=1)
def without() -> tuple[EventLog, Truth]:
    return draw_streamrec(drawn()[0], SESSIONS, seed=9)


def visits() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    catalogue, log, _ = drawn()
    return catalogue.neutral[log.items]


def test_about_four_sessions_in_five_come_by_the_home_page_most_of_them_often() -> None:
    _, log, _ = drawn()
    counts = np.add.reduceat(visits(), log.offsets[:-1])
    # sessions of 50 history events have no room for it, so a little below 0.8
    assert 0.77 <= (counts > 0).mean() <= 0.81
    assert 3 <= counts[counts > 0].mean() <= 6


def test_histories_stay_within_50_events() -> None:
    _, log, _ = drawn()
    assert (log.lengths - 1).max() == 50
    assert (log.lengths - 1).min() >= 5


def test_the_home_page_is_clicked_and_never_a_target() -> None:
    _, log, truth = drawn()
    assert (log.engagements[visits()] == CLICK).all()
    assert not visits()[log.offsets[1:] - 1].any()
    assert truth.within_category[-1] == 0
    assert not (truth.special_items == 5_000).any()
    assert not truth.probabilities(np.arange(500), drawn()[0])[:, 5_000].any()


def test_taking_it_out_leaves_the_very_same_sessions_so_it_cannot_tell_anything() -> None:
    _, log, _ = drawn()
    plain, _ = without()
    content = ~visits()
    assert np.array_equal(log.items[content], plain.items)
    assert np.array_equal(log.engagements[content], plain.engagements)
    assert np.array_equal(np.add.reduceat(content, log.offsets[:-1]), plain.lengths)


def test_the_truth_is_the_same_with_and_without_it() -> None:
    _, _, truth = drawn()
    _, plain = without()
    for name in ("category_mass", "within_category", "special_offsets", "special_items", "special_mass", "preferred"):
        assert np.array_equal(getattr(truth, name), getattr(plain, name))
    assert truth.cause == plain.cause


def test_causes_still_point_at_the_event_behind_the_target() -> None:
    catalogue, log, truth = drawn()
    plain, plain_truth = without()
    has_cause = truth.cause_position >= 0
    assert np.array_equal(has_cause, plain_truth.cause_position >= 0)
    assert 0.5 < has_cause.mean() < 0.9
    cause = log.items[log.offsets[:-1] + truth.cause_position][has_cause]
    assert np.array_equal(cause, plain.items[plain.offsets[:-1] + plain_truth.cause_position][has_cause])
    target = log.items[log.offsets[1:] - 1][has_cause]
    assert (catalogue.category_of[cause] == catalogue.category_of[target]).all()


def test_each_kind_of_cause_points_where_it_says() -> None:
    _, log, truth = drawn()
    plain, plain_truth = without()
    names = np.array(truth.cause)
    position = plain_truth.cause_position
    assert (position[names == "opening"] == 0).all()
    assert (position[names == "next episode"] == plain.lengths[names == "next episode"] - 2).all()
    assert (position[names == "recent"] >= 0).all()
    assert (position[(names == "preference") | (names == "exploration")] == -1).all()
    episode = names == "next episode"
    cause = log.items[log.offsets[:-1] + truth.cause_position][episode]
    catalogue = drawn()[0]
    target = log.items[log.offsets[1:] - 1][episode]
    assert (catalogue.series[cause] == catalogue.series[target]).all()
    assert (catalogue.episodes[cause] + 1 == catalogue.episodes[target]).all()


def test_visits_often_open_a_session_and_never_end_one() -> None:
    _, log, _ = drawn()
    opening = visits()[log.offsets[:-1]]
    assert 0.3 < opening.mean() < 0.8


@pytest.mark.parametrize("length", [2, 6, 51])
def test_the_places_of_old_events_are_in_order_and_leave_the_last_one_last(length: int) -> None:
    lengths = np.full(200, length)
    longer, positions = home_places(lengths, np.random.default_rng(0))
    assert len(positions) == lengths.sum()
    assert (np.diff(positions) > 0).all()
    assert np.isin(np.cumsum(longer) - 1, positions).all()
    assert longer.max() <= 51
    assert (longer >= lengths).all()
