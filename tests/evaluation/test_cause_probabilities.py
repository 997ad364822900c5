"""The observer's causes and items equal a sum over every hidden state, and the mean of what the generator did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import CLICK, FULL_VIEW, SAVE
from streamrec_core.data.splits import Examples
from streamrec_core.data.synthetic.sessions import target_masses
from streamrec_core.data.synthetic.streamrec import Service, StreamRecSettings, draw_lengths
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.cause_probabilities import (
    Histories,
    Values,
    cause_probabilities,
    histories_of,
    length_probabilities,
)
from streamrec_core.evaluation.ideal_observer import cause_event_probabilities, item_probabilities
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of

SETTINGS = StreamRecSettings(preferred_weights=(0.7, 0.3), shortest=3, longest=6, median_length=4)
HOME = 12
NO_EVENT = -1
DrawPath = tuple[float, int, int, bool]
"""Probability, item, causing event and whether it is the next episode."""


def tiny_catalogue() -> Catalogue:
    """12 items in 4 categories and a home page; rows 0, 4, 8 (category 0) are three episodes of a series."""
    catalogue = catalogue_of(12, 4, home=True)
    series, episodes = np.full(13, -1), np.zeros(13, np.int64)
    series[[0, 4, 8]], episodes[[0, 4, 8]] = 7, [1, 2, 3]
    return replace(catalogue, series=series, episodes=episodes)


SERVICE = Service.open(tiny_catalogue(), SETTINGS)
# The third session continues a series twice; the fourth watches an episode to the end and leaves the series.
SESSIONS = [[1, 5, 9, 2], [3, 1, 3, 1, 2, 3], [1, 0, 4, 8], [0, 6, 0, 1, 4], [2, 1]]
ENGAGEMENTS = [
    [CLICK, SAVE, FULL_VIEW, CLICK],
    [SAVE, CLICK, CLICK, 1, SAVE, CLICK],
    [CLICK, FULL_VIEW, FULL_VIEW, CLICK],
    [FULL_VIEW, 4, FULL_VIEW, CLICK, CLICK],
    [CLICK, CLICK],
]


def tiny_dataset(sessions: Sequence[Sequence[int]], engagements: Sequence[Sequence[int]]) -> DataSet:
    return dataset_of(tiny_catalogue(), log_of(sessions, engagements))


def histories() -> Histories:
    dataset = tiny_dataset(SESSIONS, ENGAGEMENTS)
    return histories_of(dataset, examples_at_last(dataset.log))


def paths(items: Sequence[int], marks: Sequence[int], preferred: Sequence[int], length: int) -> Iterator[DrawPath]:
    """Every way the generator could draw the event behind these, read off its description."""
    category_of, step = SERVICE.catalogue.category_of, len(items)
    episode = opening = 0.0
    if step:
        follows = marks[-1] == FULL_VIEW and SERVICE.next_episode[items[-1]] >= 0
        episode = SETTINGS.next_episode if follows else 0.0
        opening = (1 - episode) * (0.06 + 0.18 * (step / length) ** 2)
    recent = (1 - episode - opening) * SETTINGS.recent if step else 0.0
    rest = 1 - episode - opening - recent
    if episode:
        yield episode, int(SERVICE.next_episode[items[-1]]), step - 1, True
    pulls = np.array([SETTINGS.pull[mark] * 0.6 ** (step - at) for at, mark in enumerate(marks)])
    draws = [(opening, category_of[items[0]], 0)] if step else []
    draws += [(recent * pull / pulls.sum(), category_of[items[at]], at) for at, pull in enumerate(pulls)]
    draws += [(rest * 0.7 * w, c, NO_EVENT) for w, c in zip(SETTINGS.preferred_weights, preferred, strict=True)]
    draws += [(rest * 0.3 / 4, category, NO_EVENT) for category in range(4)]
    for probability, category, event in draws:
        titles = [row for row in range(12) if category_of[row] == category and not (step and row == items[-1])]
        shares = SERVICE.within.share[titles] / SERVICE.within.share[titles].sum()
        yield from ((probability * share, row, event, False) for row, share in zip(titles, shares, strict=True))


def history_likelihood(items: Sequence[int], marks: Sequence[int], preferred: Sequence[int], length: int) -> float:
    category_of, product = SERVICE.catalogue.category_of, 1.0
    for step, (item, mark) in enumerate(zip(items, marks, strict=True)):
        fits = category_of[item] in preferred or category_of[item] == category_of[items[0]]
        product *= sum(
            probability * (SETTINGS.engagement_fitting if fits or continued else SETTINGS.engagement_other)[mark]
            for probability, drawn, _, continued in paths(items[:step], marks[:step], preferred, length)
            if drawn == item
        )
    return product


def enumerated(items: Sequence[int], marks: Sequence[int], lengths: dict[int, float]) -> Values:
    """(13, L + 1) joint posterior of next item and causing event, none in the last column, over every hidden state."""
    joint = np.zeros((13, len(items) + 1))
    for length, prior in lengths.items():
        for preferred in permutations(range(4), 2):
            weight = prior * history_likelihood(items, marks, preferred, length)
            for probability, item, event, _ in paths(items, marks, preferred, length):
                joint[item, event] += weight * probability
    return joint / joint.sum()


def expected_joint(row: int, length_known: bool) -> Values:
    items, marks = SESSIONS[row][:-1], ENGAGEMENTS[row][:-1]
    prior = length_probabilities(SETTINGS, np.arange(7))
    possible = range(max(len(items), SETTINGS.shortest), SETTINGS.longest + 1)
    return enumerated(
        items, marks, {len(items): 1.0} if length_known else {length: prior[length] for length in possible}
    )


@pytest.mark.parametrize("length_known", [True, False])
@pytest.mark.parametrize("row", range(len(SESSIONS)))
def test_items_and_causes_equal_the_sum_over_every_hidden_state(row: int, length_known: bool) -> None:
    joint, observed = expected_joint(row, length_known), histories()
    causes = cause_probabilities(SERVICE, observed, length_known)
    items = item_probabilities(SERVICE, observed, causes)
    np.testing.assert_allclose(items[row], joint.sum(1), rtol=1e-9, atol=1e-15)
    for target in np.flatnonzero(joint.sum(1)):
        events = cause_event_probabilities(SERVICE, observed, causes, np.full(len(SESSIONS), target))[row]
        length = len(SESSIONS[row]) - 1
        np.testing.assert_allclose(events[:length], joint[target, :-1] / joint[target].sum(), rtol=1e-9, atol=1e-15)
        assert (events[length:] == 0).all()


def test_knowing_the_length_changes_the_answer() -> None:
    knowing, guessing = (cause_probabilities(SERVICE, histories(), knowing) for knowing in (True, False))
    assert (knowing.opening > guessing.opening + 1e-3)[[0, 2, 3]].all()
    assert knowing.opening[0] == pytest.approx(0.24)


def test_all_causes_together_are_certain() -> None:
    for length_known in (True, False):
        causes = cause_probabilities(SERVICE, histories(), length_known)
        total = causes.next_episode + causes.opening + causes.exploration
        np.testing.assert_allclose(total + causes.recent.sum(1) + causes.preference.sum(1), 1, rtol=1e-12)


def test_home_pages_change_nothing_but_the_positions() -> None:
    strewn = [[HOME, 1, 5, HOME, HOME, 9, HOME, 2], [HOME, 1]]
    marks = [[CLICK, CLICK, SAVE, CLICK, CLICK, FULL_VIEW, CLICK, CLICK], [CLICK, CLICK]]
    dataset = tiny_dataset(strewn, marks)
    observed = histories_of(dataset, examples_at_last(dataset.log))
    assert observed.lengths.tolist() == [3, 0]
    assert observed.positions[0].tolist() == [1, 2, 5]
    items = item_probabilities(SERVICE, observed, cause_probabilities(SERVICE, observed))
    np.testing.assert_allclose(items[0], expected_joint(0, True).sum(1), rtol=1e-9)
    assert items[0, HOME] == 0
    # Without an event to go by, a category is as likely as any other.
    np.testing.assert_allclose(items[1], SERVICE.within.share / 4, rtol=1e-12)


def test_the_mean_truth_of_sessions_with_one_history_is_what_the_observer_expects() -> None:
    service = Service.open(tiny_catalogue(), replace(SETTINGS, shortest=2, longest=2, exploration=0.1, recent=0.2))
    world = service.draw(400_000, np.random.default_rng(1))
    mass, _ = target_masses(service, world)
    events = world.items[:, :2] * 5 + world.engagements[:, :2]
    _, first, group, counts = np.unique(events @ [60, 1], return_index=True, return_inverse=True, return_counts=True)
    shape = (len(first), 2)
    observed = Histories(
        np.full(len(first), 2),
        *(values[first, :2] for values in (world.items, world.categories, world.engagements)),
        np.broadcast_to([0, 1], shape),
    )
    causes = cause_probabilities(service, observed)
    expected = causes.preference + causes.exploration[:, None] / 4
    for event in range(2):
        pull = causes.recent[:, event] + (causes.opening if event == 0 else 0)
        expected[np.arange(len(first)), observed.categories[:, event]] += pull
    last = observed.items[:, 1]
    expected[np.arange(len(first)), service.catalogue.category_of[last]] /= 1 - service.within.share[last]
    large = counts >= 1_000
    assert large.sum() > 60
    for category in range(4):
        mean = np.bincount(group, mass[:, category]) / counts
        spread = np.sqrt(np.maximum(np.bincount(group, mass[:, category].astype(float) ** 2) / counts - mean**2, 0))
        error = (mean - expected[:, category])[large] / (spread / np.sqrt(counts) + 1e-6)[large]
        assert np.abs(error).max() < 4.5
        assert np.square(error).mean() < 1.5


def test_the_probability_of_lengths_is_that_of_the_draws() -> None:
    settings = StreamRecSettings()
    drawn = np.bincount(draw_lengths(settings, 200_000, np.random.default_rng(2)), minlength=51) / 200_000
    expected = length_probabilities(settings, np.arange(51))
    assert expected.sum() == pytest.approx(1)
    np.testing.assert_allclose(drawn, expected, atol=4 * np.sqrt(0.25 / 200_000) / 2)


def test_a_history_that_the_generator_cannot_draw_is_refused() -> None:
    dataset = tiny_dataset([[1, 5, 5, 2]], [[CLICK] * 4])
    with pytest.raises(BadInput, match="event 2 of a history cannot follow those before it"):
        cause_probabilities(SERVICE, histories_of(dataset, Examples(np.array([0]), np.array([3]))))
