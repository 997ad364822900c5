"""Study questions: about two events that no text names, with the right answer known and a clear gap."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.study.questions import LEAST_GAP, ArmText, askable, questions, unnamed
from tests.worlds import CATEGORY_NAMES, BagModel, catalogue_of, dataset_of, log_of, session_of

CATALOGUE = catalogue_of(12, 4)
"""Item n is `Title n`, of category n mod 4: Crime, Drama, Comedy, Nature."""
FIRST = 11


def named_by(*texts: ArmText, history: tuple[int, ...] = (0, 1, 2, 3, 4)) -> tuple[int, ...]:
    return unnamed(CATALOGUE, session_of(history), FIRST, texts)


def test_events_named_by_title_category_or_position_are_left_out() -> None:
    assert named_by(ArmText(text="Based on your viewing history.")) == (0, 1, 2, 3, 4)
    assert named_by(ArmText(text="Because of 'Title 2'.")) == (0, 1, 3, 4)
    assert named_by(ArmText(text="because of your interest in crime content")) == (1, 2, 3)
    assert named_by(ArmText(text="Without the 3 titles ('Title 1' and 2 more)", events=(1, 2, 3))) == (0, 4)
    assert named_by(ArmText(text="'Title 2'"), ArmText(text="your Drama titles")) == (0, 3, 4)
    assert named_by(ArmText(absent="it has no words", events=(0,))) == (0, 1, 2, 3, 4)


def test_a_title_within_another_one_counts_as_named() -> None:
    # `Title 10` holds `Title 1`: a reader might take one for the other
    assert named_by(ArmText(text="Because of 'Title 10'."), history=(1, 2, 10)) == (1,)


def test_only_events_with_a_unique_title_are_asked_about() -> None:
    catalogue = catalogue_of(6, home=True)
    # 1 stands twice, 6 is the home page, 3 is the recommendation itself
    assert askable(catalogue, session_of([0, 1, 6, 1, 3, 4]), candidate=3) == (0, 5)


texts = st.lists(st.sampled_from([*CATALOGUE.titles, *CATEGORY_NAMES, "without", "a title you liked"]), max_size=4).map(
    lambda words: ArmText(text=" and ".join(words).upper(), absent="" if words else "none")
)


@given(history=st.lists(st.integers(0, 11), min_size=3, max_size=8), arms=st.lists(texts, max_size=4))
def test_no_question_names_an_event_that_any_text_names(history: list[int], arms: list[ArmText]) -> None:
    for position in unnamed(CATALOGUE, session_of(history), FIRST, arms):
        row = history[position]
        for arm in arms:
            assert CATALOGUE.titles[row].upper() not in arm.text
            assert CATALOGUE.category(row).upper() not in arm.text


def voting(votes: dict[int, float], catalogue: Catalogue = CATALOGUE) -> BagModel:
    """Every item of the history adds its votes to the score of the first recommendation."""
    weights = torch.zeros(len(catalogue), len(catalogue))
    for row, vote in votes.items():
        weights[row, FIRST] = vote
    return BagModel(weights)


def test_the_right_answer_is_the_event_whose_loss_costs_the_title_more() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    model = voting({0: 1.0, 1: 3.0, 2: 0.5})
    asked_questions = questions(model, dataset, session_of([0, 1, 2]), FIRST, [])
    assert [(question.positions, question.truth) for question in asked_questions] == [
        ((1, 2), "earlier"),
        ((0, 1), "later"),
        ((0, 2), "earlier"),
    ]
    # scores of the first: 4.5 in all, 11 others have 0
    left = [np.exp(score) / (np.exp(score) + 11) for score in (3.5, 1.5, 4.0)]
    assert asked_questions[1].probabilities == pytest.approx((left[0], left[1]), rel=1e-5)
    assert [question.gap for question in asked_questions] == pytest.approx(
        [np.log(left[2] / left[1]), np.log(left[0] / left[1]), np.log(left[2] / left[0])], rel=1e-4
    )


def test_an_event_that_speaks_against_the_title_is_never_the_right_answer_beside_one_that_speaks_for_it() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    (question,) = questions(
        voting({0: -1.0, 1: 2.0, 2: 3.0}),
        dataset,
        session_of([0, 1, 2]),
        FIRST,
        [ArmText(text="Because of 'Title 2'.")],
    )
    assert (question.positions, question.truth) == ((0, 1), "later")


def test_events_that_cost_nearly_the_same_are_not_asked_about() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    for difference, count in ((0.5 * LEAST_GAP, 0), (20 * LEAST_GAP, 1)):
        model = voting({0: 1.0, 1: 1.0 + difference})
        assert len(questions(model, dataset, session_of([0, 1]), FIRST, [])) == count


def test_fewer_than_two_events_make_no_question() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    model = voting({0: 1.0, 1: 3.0, 2: 0.5})
    assert questions(model, dataset, session_of([0, 1, 2]), FIRST, [ArmText(text="x", events=(0, 1))]) == ()
