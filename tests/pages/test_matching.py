"""Which test sessions match a filter, where every rank, length and category is known."""

from __future__ import annotations

import numpy as np
import pytest

from pages.explore.session_search import (
    ANY,
    LENGTHS,
    ONE_CATEGORY,
    OUTCOMES,
    PredictionFilter,
    Predictions,
    describe_predictions,
)
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranking import Ranking
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of

PLANTED = Predictions(
    ids=("a", "b", "c", "d"),
    ranks=np.array([1, 2, 10, 11]),
    lengths=np.array([5, 10, 29, 30]),
    main_category=np.array([0, 1, 0, 1]),
    one_category=np.array([True, False, False, True]),
    categories=("Crime", "Drama"),
    top=np.array([[7, 3, 9], [3, 7, 9], [9, 8, 7], [1, 2, 4]]),
    events=np.array([[0, 0, 1, 3, 3], [5, 6, 5, 5, 5]]),
)
SHORT, MIDDLE, LONG = list(LENGTHS)[1:]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (PredictionFilter(), "abcd"),
        (PredictionFilter("right at 1"), "a"),
        (PredictionFilter("right at 10"), "abc"),
        (PredictionFilter("wrong at 1"), "bcd"),
        (PredictionFilter("wrong at 10"), "d"),
        (PredictionFilter(length=SHORT), "ab"),
        (PredictionFilter(length=MIDDLE), "c"),
        (PredictionFilter(length=LONG), "d"),
        (PredictionFilter(category=ONE_CATEGORY), "ad"),
        (PredictionFilter(category="Drama"), "bd"),
        (PredictionFilter("wrong at 1", LONG, "Drama"), "d"),
        (PredictionFilter("right at 1", LONG), ""),
    ],
)
def test_only_sessions_that_match_are_listed(condition: PredictionFilter, ids: str) -> None:
    assert "".join(PLANTED.ids[index] for index in PLANTED.matching(condition)) == ids


def test_every_session_is_right_or_wrong_and_of_some_length() -> None:
    ranks, lengths = np.arange(1, 40), np.arange(0, 60)
    for at in (1, 10):
        assert np.array_equal(OUTCOMES[f"right at {at}"](ranks), ~OUTCOMES[f"wrong at {at}"](ranks))
    spans = [(lengths >= least) & (lengths <= most) for name, (least, most) in LENGTHS.items() if name != ANY]
    assert (np.sum(spans, axis=0) == 1).all()


def ranked(ranks: list[int]) -> Ranking:
    """These ranks, and nothing else of note."""
    lists, shares = np.zeros((len(ranks), 10), np.int64), np.zeros(len(ranks))
    return Ranking(np.array(ranks), lists, shares, shares, lists)


def test_the_history_and_not_the_target_is_described() -> None:
    """Items 0, 3 and 6 are Crime, 1 and 4 Drama, home has no category."""
    catalogue = catalogue_of(12, 3, home=True)
    dataset = dataset_of(catalogue, log_of([[0, 3, 12, 1], [1, 4, 0, 2], [2, 0, 3, 1]]))
    examples = examples_at_last(dataset.log)
    described = describe_predictions(dataset, examples, ranked([3, 1, 20]))
    assert described.ids == ("s0", "s1", "s2")
    assert described.lengths.tolist() == [3, 3, 3]
    assert [described.categories[code] for code in described.main_category] == ["Crime", "Drama", "Crime"]
    assert described.one_category.tolist() == [True, False, False]


def test_a_part_of_a_session_is_described_up_to_where_it_is_predicted() -> None:
    dataset = dataset_of(catalogue_of(6, 2), log_of([[0, 2, 1, 3, 5]]))
    described = describe_predictions(dataset, Examples(np.array([0]), np.array([2])), ranked([1]))
    assert described.lengths.tolist() == [2]
    assert described.one_category.tolist() == [True]


def test_sessions_are_found_by_what_was_recommended_and_by_what_they_hold() -> None:
    assert PLANTED.recommended(7, first=1) == [0]
    assert PLANTED.recommended(7, first=2) == [0, 1]
    assert PLANTED.recommended(7, first=10) == [0, 1, 2]
    assert PLANTED.recommended(11, first=10) == []
    assert PLANTED.holding(5) == [0, 1, 3]
    assert PLANTED.holding(7) == []
