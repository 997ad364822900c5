"""The `streamrec` preset keeps every promise of its description, and knows the probability of every target."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import CLICK, FULL_VIEW, SAVE, SHARE
from streamrec_core.data.log import EventLog
from streamrec_core.data.synthetic.draws import WithinCategory, distinct_categories
from streamrec_core.data.synthetic.sessions import draw_streamrec, streamrec_catalogue, target_masses
from streamrec_core.data.synthetic.streamrec import (
    NEXT_EPISODE,
    OPENING,
    RECENT,
    Service,
    StreamRecSettings,
    World,
    draw_lengths,
    next_episodes,
)
from streamrec_core.data.truth import Truth
from tests.worlds import catalogue_of

SESSIONS = 20_000
UNLIKELY = 1e-4


@lru_cache(maxsize=1)
def drawn() -> tuple[Catalogue, EventLog, Truth]:
    catalogue = streamrec_catalogue()
    return catalogue, *draw_streamrec(catalogue, SESSIONS, seed=42)


@lru_cache(maxsize=1)
def make_world() -> tuple[Service, World]:
    """The sessions as they are drawn, every event with its cause."""
    service = Service.open(streamrec_catalogue(), StreamRecSettings())
    return service, service.draw(SESSIONS, np.random.default_rng(5))


def targets(log: EventLog) -> npt.NDArray[np.int32]:
    return log.items[log.offsets[1:] - 1]


# --- the catalogue


def test_the_catalogue_has_20_named_categories_5000_titles_and_the_home_page() -> None:
    catalogue = streamrec_catalogue()
    assert len(catalogue) == 5_001
    assert len(set(catalogue.content_categories)) == 20
    assert np.flatnonzero(catalogue.neutral).tolist() == [5_000]
    assert (catalogue.item_ids[-1], catalogue.titles[-1]) == ("home", "Home page")
    assert len({title.casefold() for title in catalogue.titles}) == 5_001
    assert (np.bincount(catalogue.category_of)[:20] > 100).all()


def test_the_catalogue_is_the_same_whatever_the_seed() -> None:
    assert streamrec_catalogue().hash == drawn()[0].hash


def test_an_episode_is_followed_by_the_next_one_of_its_series() -> None:
    catalogue = streamrec_catalogue()
    following = next_episodes(catalogue)
    some = np.flatnonzero(following >= 0)
    assert len(some) > 500
    after = following[some]
    assert (catalogue.series[after] == catalogue.series[some]).all()
    assert (catalogue.episodes[after] == catalogue.episodes[some] + 1).all()
    assert (catalogue.category_of[after] == catalogue.category_of[some]).all()
    assert (following[catalogue.series < 0] == -1).all()


# --- the draws that both presets share


def test_popularity_within_a_category_follows_zipfs_law() -> None:
    catalogue = catalogue_of(12, 3, home=True)
    within = WithinCategory(catalogue, exponent=1.0)
    harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    for code in range(3):
        shares = within.share[np.flatnonzero(catalogue.category_of[:12] == code)]
        assert shares == pytest.approx([1 / harmonic, 1 / 2 / harmonic, 1 / 3 / harmonic, 1 / 4 / harmonic])
    assert within.share[12] == 0


def test_items_are_drawn_from_the_category_asked_for_by_their_share_also_at_the_borders() -> None:
    catalogue = catalogue_of(12, 3, home=True)
    within = WithinCategory(catalogue, exponent=1.0)
    # rows of category 1 are 1, 4, 7, 10; the first holds 0.48 of it
    numbers = np.array([0.0, 0.47, 0.49, 0.999999999])
    assert within.draw(numbers, np.ones(4, np.int64)).tolist() == [1, 1, 4, 10]
    edge = np.nextafter(1.0, 0.0)
    assert within.draw(np.full(3, edge), np.arange(3)).tolist() == [9, 10, 11]
    assert within.draw(np.zeros(3), np.arange(3)).tolist() == [0, 1, 2]
    codes = np.repeat(np.arange(3), 20_000)
    counts = np.bincount(within.draw(np.random.default_rng(0).random(60_000), codes), minlength=13)
    assert stats.chisquare(counts[:12], within.share[:12] * 20_000).pvalue > UNLIKELY


def test_distinct_categories_take_every_ordered_choice_alike_often() -> None:
    drawn_categories = distinct_categories(np.random.default_rng(3), 60_000, 5, 3)
    assert (np.diff(np.sort(drawn_categories, axis=1), axis=1) > 0).all()
    _, counts = np.unique(drawn_categories @ np.array([25, 5, 1]), return_counts=True)
    assert len(counts) == 5 * 4 * 3
    assert stats.chisquare(counts).pvalue > UNLIKELY
    every = distinct_categories(np.random.default_rng(3), 100, 4, 4)
    assert (np.sort(every, axis=1) == np.arange(4)).all()


# --- sessions


def test_history_lengths_run_from_5_to_50_with_a_long_tail() -> None:
    _, log, _ = drawn()
    lengths = log.lengths - 1
    assert (lengths.min(), lengths.max()) == (5, 50)
    assert 14 <= np.median(lengths) <= 16
    assert lengths.mean() > np.median(lengths) + 0.5
    assert (draw_lengths(StreamRecSettings(), 5_000, np.random.default_rng(0)) >= 5).all()


def test_no_title_follows_itself() -> None:
    _, log, _ = drawn()
    inside = np.ones(len(log.items) - 1, bool)
    inside[log.offsets[1:-1] - 1] = False
    assert not (log.items[:-1] == log.items[1:])[inside].any()


def test_within_a_category_titles_are_skewed_as_zipf_says() -> None:
    service, world = make_world()
    opening = world.items[:, 0]
    counts = np.bincount(opening, minlength=len(service.catalogue))
    expected = service.within.share * np.bincount(world.categories[:, 0], minlength=21)[service.catalogue.category_of]
    ranked = np.argsort(-expected)[:300]  # expected counts well above five
    assert expected[ranked].min() > 5
    distance = ((counts[ranked] - expected[ranked]) ** 2 / expected[ranked]).sum()
    assert stats.chi2.sf(distance, 300) > UNLIKELY


def test_the_next_episode_comes_after_one_watched_to_the_end_and_hardly_otherwise() -> None:
    service, world = make_world()
    before, after = world.items[:, :-1], world.items[:, 1:]
    has_next = (after >= 0) & (service.next_episode[before] >= 0)
    continued = after == service.next_episode[before]
    watched = world.engagements[:, :-1] == FULL_VIEW
    assert continued[has_next & watched].mean() == pytest.approx(0.6, abs=0.03)
    assert continued[has_next & ~watched].mean() < 0.05
    assert (world.causes[:, 1:][has_next & ~watched] != NEXT_EPISODE).all()


def test_the_opening_title_pulls_more_and_more_towards_the_end() -> None:
    _, world = make_world()
    steps = np.arange(world.items.shape[1])
    progress = steps / (world.lengths[:, None] - 1)
    drawn_here = world.items >= 0
    open_to_it = drawn_here & (steps > 0) & (world.causes != NEXT_EPISODE)
    opening = world.causes == OPENING
    for low, high, middle in ((0.0, 0.3, 0.18), (0.4, 0.6, 0.5), (0.9, 1.01, 0.98)):
        part = open_to_it & (progress >= low) & (progress < high)
        assert opening[part].mean() == pytest.approx(0.06 + 0.18 * middle**2, abs=0.015)


def test_recent_events_pull_by_engagement_and_nearness() -> None:
    _, world = make_world()
    pulls = np.array(StreamRecSettings().pull)
    row, step = np.nonzero(world.causes == RECENT)
    some = step >= 4
    row, step = row[some][:60_000], step[some][:60_000]
    position = world.cause_positions[row, step]
    back = step - position
    # with equal engagement the event one step back pulls 1 / 0.6 as much as the one before it
    marks = np.stack([world.engagements[row, step - 1], world.engagements[row, step - 2]])
    alike = marks[0] == marks[1]
    assert (back[alike] == 1).sum() / (back[alike] == 2).sum() == pytest.approx(1 / 0.6, rel=0.05)
    # and of the last two, a save or share against a click
    for mark in (SAVE, SHARE, FULL_VIEW):
        unlike = (marks[0] == mark) & (marks[1] == CLICK)
        ratio = (back[unlike] == 1).sum() / (back[unlike] == 2).sum()
        assert ratio == pytest.approx(pulls[mark] / 0.6, rel=0.15)


def test_engagement_depends_on_how_well_a_title_fits() -> None:
    _, world = make_world()
    real = world.items >= 0
    liked = (world.preferred[:, None, :] == world.categories[:, :, None]).any(2)
    fits = liked | (world.categories == world.categories[:, :1]) | (world.causes == NEXT_EPISODE)
    settings = StreamRecSettings()
    for events, expected in ((real & fits, settings.engagement_fitting), (real & ~fits, settings.engagement_other)):
        counts = np.bincount(world.engagements[events], minlength=5)
        assert stats.chisquare(counts, np.array(expected) * counts.sum()).pvalue > UNLIKELY


def test_times_run_forward_inside_each_session() -> None:
    _, log, _ = drawn()
    assert log.timestamps is not None
    inside = np.ones(len(log.items) - 1, bool)
    inside[log.offsets[1:-1] - 1] = False
    assert (np.diff(log.timestamps)[inside] >= 0).all()
    days = (log.timestamps[log.offsets[:-1]] - 1_767_225_600) / 86_400
    assert (days.min() >= 0, days.max() < 90) == (True, True)


# --- what is known of targets


def test_the_distribution_of_every_target_sums_to_one_and_none_is_negative() -> None:
    catalogue, _, truth = drawn()
    mass = truth.probabilities(np.arange(2_000), catalogue)
    assert (mass >= 0).all()
    np.testing.assert_allclose(mass.sum(1), 1, atol=5e-5)
    assert (mass[:, -1] == 0).all()


def test_the_title_just_seen_has_no_chance_as_target() -> None:
    catalogue, log, truth = drawn()
    rows = np.arange(2_000)
    last = log.items[log.offsets[1:] - 2][rows]
    np.testing.assert_allclose(truth.probabilities(rows, catalogue)[rows, last], 0, atol=1e-7)


def test_the_ceiling_is_where_the_description_puts_it() -> None:
    catalogue, _, truth = drawn()
    mass = truth.probabilities(np.arange(4_000), catalogue)
    assert 0.25 <= np.partition(mass, -10, axis=1)[:, -10:].sum(1).mean() <= 0.45


def test_targets_come_as_often_as_their_probabilities_say() -> None:
    catalogue, log, truth = drawn()
    sessions = 6_000
    probability, squared = np.zeros(sessions), np.zeros(sessions)
    edges = np.array([0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.01])
    predicted, met = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for start in range(0, sessions, 2_000):
        rows = np.arange(start, start + 2_000)
        mass = truth.probabilities(rows, catalogue).astype(np.float64)
        probability[rows] = mass[np.arange(2_000), targets(log)[rows]]
        squared[rows] = (mass**2).sum(1)
        predicted += np.histogram(mass, edges, weights=mass)[0]
        met += np.histogram(probability[rows], edges)[0]
    assert (probability > 0).all()
    error = probability.std() / np.sqrt(sessions)
    assert abs(probability.mean() - squared.mean()) < 4 * error
    assert stats.chisquare(met, predicted * met.sum() / predicted.sum()).pvalue > UNLIKELY


def test_the_truth_follows_from_the_four_parts_for_a_session_worked_out_by_hand() -> None:
    catalogue = catalogue_of(12, 3)
    settings = StreamRecSettings(preferred_weights=(0.75, 0.25))
    service = Service.open(catalogue, settings)
    world = World(settings, np.array([3]), np.array([[1, 2]]))
    world.items[0, :2], world.categories[0, :2], world.engagements[0, :2] = (
        [0, 4],
        [0, 1],
        [CLICK, SAVE],
    )
    world.reach[0, :2] = [1.0, 1.0 + 3.0 / 0.6]
    mass, special = target_masses(service, world)
    recent = 0.76 * 0.7 * np.array([1 / 6, 5 / 6, 0])
    liked = 0.76 * 0.3 * 0.7 * np.array([0, 0.75, 0.25])
    by_category = np.array([0.24, 0, 0]) + recent + liked + 0.76 * 0.3 * 0.3 / 3
    last_share = service.within.share[4]
    expected = by_category / np.array([1, 1 - last_share, 1])
    np.testing.assert_allclose(mass[0], expected, rtol=1e-6)
    np.testing.assert_allclose(special[0], [-expected[1] * last_share, 0], rtol=1e-6)
