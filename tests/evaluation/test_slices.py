"""Slices whose members are known, figures on them that can be counted by hand, and thin ones that stay uncertain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.splits import Examples, Split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.slices import ALL, THIN, few, share, slice_ceilings, slice_differences, slice_scores
from streamrec_core.evaluation.slicings import LENGTH_BANDS, NEVER_LEARNED, SLICINGS, Slicing, slicing
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of

NOBODY = Examples(np.zeros(0, np.int64), np.zeros(0, np.int64))


def evaluation(ranks: list[int], ceiling: list[float] | None = None) -> Evaluation:
    best = None if ceiling is None else np.array(ceiling)
    return Evaluation("m", "test", "session", False, np.array(ranks), best, best)


def divided(sessions: list[list[int]], by: str, learned: int = 0, **log: object) -> Slicing:
    """The last sessions divided one way; the first `learned` are for learning."""
    events = log_of(sessions, **log)  # type: ignore[arg-type]
    every = examples_at_last(events)
    rows = np.arange(len(sessions))
    parts = Split("session", every.take(rows[:learned]), NOBODY, every.take(rows[learned:]))
    return slicing(by, dataset_of(catalogue_of(12, 3), events), parts)


def members(slices: Slicing) -> dict[str, list[int]]:
    return {label: rows.tolist() for label, rows in slices.parts()}


def test_lengths_count_the_history_and_stand_in_rising_bands() -> None:
    slices = divided([[0] * (length + 1) for length in (1, 5, 6, 10, 120)], "session length")
    assert members(slices) == {"1 to 5 events": [0, 1], "6 to 10 events": [2, 3], "101 events or more": [4]}


@given(st.integers(1, 400))
def test_every_length_is_in_the_band_that_names_it(length: int) -> None:
    (label,) = members(divided([[0] * (length + 1)], "session length"))
    low, *high = (int(word) for word in label.split() if word.isdigit())
    assert low in LENGTH_BANDS
    assert low <= length
    assert not high or length <= high[0]


def test_categories_are_those_of_the_target_and_the_commonest_stands_first() -> None:
    slices = divided([[0, 1], [1, 2], [2, 5], [3, 0]], "category of the target")
    assert members(slices) == {"Comedy": [1, 2], "Crime": [3], "Drama": [0]}
    assert not slices.known_before


def test_popularity_counts_only_what_is_learned_from() -> None:
    # Ten items are learned from, item 0 most often; 1 % and the next 9 % of ten items hold one item together.
    learned = [[0] * 20 + list(range(1, 10))]
    tests = [[5, 0], [5, 1], [5, 9], [5, 11], [11, 11, 11, 11, 5]]
    slices = members(divided([*learned, *tests], "popularity of the target", learned=1))
    assert slices["the next 9%"] == [0]
    assert 1 in slices["the next 40%"]
    assert 2 in slices["the less popular half"]
    assert slices[NEVER_LEARNED] == [3]


def test_engagement_is_that_of_the_last_event_before_the_target() -> None:
    slices = divided([[0, 1, 2], [0, 1, 2]], "engagement of the last event", engagements=[[0, 3, 4], [4, 0, 3]])
    assert members(slices) == {"clicked": [1], "saved": [0]}
    assert slices.known_before


@pytest.mark.parametrize("by", list(SLICINGS))
def test_every_session_is_in_one_slice(by: str) -> None:
    rng = np.random.default_rng(0)
    sessions = [rng.integers(0, 12, rng.integers(2, 30)).tolist() for _ in range(60)]
    rows = sorted(row for part in members(divided(sessions, by, learned=20)).values() for row in part)
    assert rows == list(range(40))


def test_an_unknown_way_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="session length, category of the target"):
        divided([[0, 1]], "colour")


HALVES = Slicing("halves", np.array([0] * 60 + [2] * 4), ("first", "nobody", "second"), known_before=True)


def test_the_figures_are_means_over_the_slice_with_all_sessions_first() -> None:
    scores = slice_scores(evaluation([1] * 30 + [99] * 30 + [1, 1, 1, 99]), HALVES)
    assert [(score.label, score.count, score.value) for score in scores] == [
        (ALL, 64, 33 / 64),
        ("first", 60, 0.5),
        ("second", 4, 0.75),
    ]
    assert [score.thin for score in scores] == [False, False, True]
    assert THIN == 50


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    # Wilson 1927 for 3 of 4: centre (3/4 + z²/8) / (1 + z²/4)
    low, high = share(np.array([1.0, 1, 1, 0]))
    assert (low, high) == pytest.approx((0.3006, 0.9544), abs=1e-3)


def test_a_thin_slice_is_never_certain() -> None:
    for metric in ("hit@10", "ndcg@10", "mrr"):
        for ranks in ([99] * 64, [1] * 64):
            first, second = slice_scores(evaluation(ranks), HALVES, metric)[1:]
            width = [score.interval[1] - score.interval[0] for score in (first, second)]
            assert 0 < width[0] < 0.1
            assert width[1] > 0.4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_of_few_values_holds_their_mean_and_stays_within_bounds(values: list[float]) -> None:
    low, high = few(np.array(values))
    assert -1e-9 <= low <= np.mean(values) + 1e-9
    assert np.mean(values) - 1e-9 <= high <= 1 + 1e-9


def test_differences_are_paired_and_signed() -> None:
    scores = slice_differences(evaluation([1] * 60 + [99] * 4), evaluation([99] * 30 + [1] * 34), HALVES)
    assert [score.value for score in scores] == [pytest.approx(26 / 64), 0.5, -1.0]
    assert scores[2].interval[0] == -1.0
    assert scores[2].interval[1] > -0.1


def test_other_targets_are_refused() -> None:
    with pytest.raises(BadInput, match="use the same"):
        slice_differences(evaluation([1] * 64), evaluation([1] * 63), HALVES)
    with pytest.raises(BadInput, match="3 results for 64 examples"):
        slice_scores(evaluation([1] * 3), HALVES)


def test_the_ceiling_is_known_within_a_slice_only_where_the_history_tells_the_slice() -> None:
    best = [0.2] * 60 + [0.6] * 4
    scores = slice_ceilings(evaluation([1] * 64, best), HALVES)
    assert [score.value for score in scores] == pytest.approx([0.225, 0.2, 0.6])
    of_target = Slicing("target", HALVES.codes, HALVES.labels, known_before=False)
    assert [score.label for score in slice_ceilings(evaluation([1] * 64, best), of_target)] == [ALL]
    assert slice_ceilings(evaluation([1] * 64), HALVES) == ()
