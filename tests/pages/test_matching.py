"""Which test sessions match a wish, where every rank, length and category is known."""

from __future__ import annotations

import numpy as np
import pytest

from pages.explore.session_search import ANY, LENGTHS, ONE_CATEGORY, OUTCOMES, Predictions, Wish, predictions
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranking import Ranking
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of

KNOWN = Predictions(
    ids=("a", "b", "c", "d"),
    ranks=np.array([1, 2, 10, 11]),
    lengths=np.array([5, 10, 29, 30]),
    main=np.array([0, 1, 0, 1]),
    pure=np.array([True, False, False, True]),
    categories=("Crime", "Drama"),
)
SHORT, MIDDLE, LONG = list(LENGTHS)[1:]


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (Wish(), "abcd"),
        (Wish("right at 1"), "a"),
        (Wish("right at 10"), "abc"),
        (Wish("wrong at 1"), "bcd"),
        (Wish("wrong at 10"), "d"),
        (Wish(length=SHORT), "ab"),
        (Wish(length=MIDDLE), "c"),
        (Wish(length=LONG), "d"),
        (Wish(category=ONE_CATEGORY), "ad"),
        (Wish(category="Drama"), "bd"),
        (Wish("wrong at 1", LONG, "Drama"), "d"),
        (Wish("right at 1", LONG), ""),
    ],
)
def test_only_what_is_asked_for_is_found(wish: Wish, found: str) -> None:
    assert "".join(KNOWN.ids[place] for place in KNOWN.matching(wish)) == found


def test_every_session_is_right_or_wrong_and_of_some_length() -> None:
    ranks, lengths = np.arange(1, 40), np.arange(0, 60)
    for at in (1, 10):
        assert np.array_equal(OUTCOMES[f"right at {at}"](ranks), ~OUTCOMES[f"wrong at {at}"](ranks))
    spans = [(lengths >= least) & (lengths <= most) for name, (least, most) in LENGTHS.items() if name != ANY]
    assert (np.sum(spans, axis=0) == 1).all()


def ranked(ranks: list[int]) -> Ranking:
    """These ranks, and nothing else of note."""
    return Ranking(np.array(ranks), np.zeros((len(ranks), 10), np.int64), np.zeros(len(ranks)), np.zeros(len(ranks)))


def test_the_history_and_not_the_target_is_described() -> None:
    """Items 0, 3 and 6 are Crime, 1 and 4 Drama, home has no category."""
    catalogue = catalogue_of(12, 3, home=True)
    dataset = dataset_of(catalogue, log_of([[0, 3, 12, 1], [1, 4, 0, 2], [2, 0, 3, 1]]))
    examples = examples_at_last(dataset.log)
    found = predictions(dataset, examples, ranked([3, 1, 20]))
    assert found.ids == ("s0", "s1", "s2")
    assert found.lengths.tolist() == [3, 3, 3]
    assert [found.categories[code] for code in found.main] == ["Crime", "Drama", "Crime"]
    assert found.pure.tolist() == [True, False, False]


def test_a_part_of_a_session_is_described_up_to_where_it_is_predicted() -> None:
    dataset = dataset_of(catalogue_of(6, 2), log_of([[0, 2, 1, 3, 5]]))
    found = predictions(dataset, Examples(np.array([0]), np.array([2])), ranked([1]))
    assert found.lengths.tolist() == [2]
    assert found.pure.tolist() == [True]
