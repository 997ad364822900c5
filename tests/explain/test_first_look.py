"""First-look explanations: the product owner's phrases for planted attention heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from streamrec_core.attention.measures import Thresholds
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.removal import remove
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.explain.explain_request import Request
from streamrec_core.explain.first_look import explain, explain_many, explain_session
from streamrec_core.explain.first_look_phrases import joined, sentence
from streamrec_core.explain.record import Explanation
from tests.worlds import (
    PlantedModel,
    catalogue_of,
    dataset_of,
    log_of,
    planted_maps,
    session_of,
    small_lstm,
    small_transformer,
)

# Items 0, 3, 6, 9 are Crime, 1, 4, 7, 10 Drama, 2, 5, 8, 11 Comedy; 12 is the home page. Item 11 is recommended.
CATALOGUE = catalogue_of(12, 3, home=True)
SCORES = [float(row) for row in range(13)]
HOME = 12
RECENCY = [0.1, 0.2, 0.3, 0.4]
FALLING = [0.35, 0.25, 0.2, 0.2]  # category where three of four share the last one's, else distributed


def focused(position: int) -> list[float]:
    return [0.97 if event == position else 0.01 for event in range(4)]


def look(
    history: Sequence[int],
    *heads: Sequence[float],
    layers: int = 1,
    candidate: int | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> Explanation:
    model = PlantedModel(SCORES, planted_maps(heads, layers))
    return explain(model, dataset_of(catalogue, log_of([[0, 1]])), session_of(history), candidate=candidate)


@pytest.mark.parametrize(
    ("history", "head", "expected", "card"),
    [
        ([1, 2, 4, 0], RECENCY, "your recent viewing of 'Title 0'", "Because you recently watched Title 0"),
        (
            [3, 0, 1, 6],
            FALLING,
            "your interest in Crime content",
            "Because you enjoy Crime content, like Title 3 and Title 0",
        ),
        ([1, 2, 4, 0], focused(1), "your engagement with 'Title 2'", "Because of your interest in Title 2"),
    ],
)
def test_each_kind_of_head_has_its_words_and_its_card(
    history: list[int], head: list[float], expected: str, card: str
) -> None:
    explanation = look(history, head)
    assert explanation.sentence == f"Recommended because of {expected}."
    assert [reason.phrase for reason in explanation.reasons] == [expected]
    assert [reason.card for reason in explanation.reasons] == [card]


def test_reasons_are_joined_in_the_order_of_the_heads() -> None:
    explanation = look([3, 0, 1, 6], focused(2), RECENCY, FALLING)
    assert explanation.sentence == (
        "Recommended because of your engagement with 'Title 1', your recent viewing of 'Title 6' and your interest "
        "in Crime content."
    )
    assert [reason.kind for reason in explanation.reasons] == ["focused", "recency", "category"]
    assert [reason.heads for reason in explanation.reasons] == [((0, 0),), ((0, 1),), ((0, 2),)]
    assert [reason.positions for reason in explanation.reasons] == [(2,), (3,), (0, 1, 3)]


def test_no_more_than_three_reasons_are_given() -> None:
    explanation = look([1, 2, 4, 0], focused(0), focused(1), focused(2), focused(3))
    assert [reason.phrase for reason in explanation.reasons] == [
        f"your engagement with 'Title {row}'" for row in (1, 2, 4)
    ]
    assert len(explanation.heads) == 4


def test_reasons_that_name_the_same_title_are_merged_with_all_their_heads() -> None:
    explanation = look([1, 2, 4, 0], focused(3), focused(1), RECENCY, focused(3), layers=2)
    assert (
        explanation.sentence
        == "Recommended because of your engagement with 'Title 0' and your engagement with 'Title 2'."
    )
    assert [reason.heads for reason in explanation.reasons] == [((0, 0), (1, 0), (1, 1)), ((0, 1),)]
    assert look([3, 0, 1, 6], FALLING, FALLING).sentence == "Recommended because of your interest in Crime content."


def test_the_same_title_at_two_positions_is_one_reason() -> None:
    explanation = look([5, 1, 5, 0], focused(0), focused(2))
    assert explanation.sentence == "Recommended because of your engagement with 'Title 5'."
    assert explanation.reasons[0].positions == (0, 2)


def test_two_items_of_one_title_are_not_named_twice() -> None:
    twins = replace(CATALOGUE, titles=("Title 0", "Emma", "Emma", *CATALOGUE.titles[3:]))
    explanation = look([1, 2, 4, 0], focused(0), focused(1), catalogue=twins)
    assert explanation.sentence == "Recommended because of your engagement with 'Emma'."


def test_without_a_qualifying_head_the_sentence_names_the_history_as_a_whole() -> None:
    explanation = look([1, 2, 4, 0], FALLING, FALLING)
    assert explanation.sentence == "Based on your viewing history."
    assert explanation.reasons == ()
    assert {head.type for head in explanation.heads} == {"distributed"}


def test_neutral_items_are_never_named() -> None:
    assert look([1, HOME, 4, 0], focused(1)).sentence == "Based on your viewing history."
    assert look([1, 4, 0, HOME], RECENCY).sentence == "Based on your viewing history."
    explanation = look([3, HOME, 6, HOME], [0.4, 0.2, 0.3, 0.1])
    assert explanation.sentence == "Recommended because of your interest in Crime content."
    assert explanation.reasons[0].positions == (0, 2)
    assert "Home page" not in explanation.reasons[0].card
    only_home = look([HOME] * 4, FALLING, RECENCY, focused(0))
    assert (only_home.sentence, only_home.reasons) == ("Based on your viewing history.", ())


def test_a_category_reason_for_an_item_of_another_category_says_so() -> None:
    note = "This title is Comedy, not Crime."
    assert note in look([3, 0, 1, 6], FALLING, candidate=11).reasons[0].note
    assert note not in look([3, 0, 1, 6], FALLING, candidate=9).reasons[0].note
    assert look([1, 2, 4, 0], RECENCY, candidate=11).reasons[0].note == ""


def test_a_type_that_uniform_attention_would_have_too_is_marked() -> None:
    unearned = look([3, 0, 1, 6], FALLING, candidate=9).reasons[0]
    assert not unearned.beyond_uniform
    assert unearned.note == "Uniform attention over this session would have the same type."
    earned = look([3, 1, 2, 0], [0.5, 0.2, 0.2, 0.1], candidate=9).reasons[0]
    assert (earned.kind, earned.beyond_uniform, earned.note) == ("category", True, "")
    assert look([3, 0, 1, 6], focused(0)).reasons[0].beyond_uniform


def test_the_card_of_a_category_names_the_two_titles_looked_at_most_each_once() -> None:
    card = look([6, 6, 1, 3], [0.35, 0.25, 0.2, 0.2]).reasons[0].card
    assert card == "Because you enjoy Crime content, like Title 6 and Title 3"


def test_a_history_of_one_event_gives_no_reason() -> None:
    model = PlantedModel(SCORES, planted_maps([[1.0], [1.0]]))
    explanation = explain(model, dataset_of(CATALOGUE, log_of([[0, 1]])), session_of([4]))
    assert explanation.sentence == "Based on your viewing history."
    assert {head.type for head in explanation.heads} == {"distributed"}


def test_a_model_without_attention_gives_no_reason() -> None:
    explanation = explain(small_lstm(CATALOGUE), dataset_of(CATALOGUE, log_of([[0, 1]])), session_of([1, 2, 3]))
    assert explanation.sentence == "Based on your viewing history."
    assert (explanation.heads, explanation.reasons) == ((), ())
    assert len(explanation.recommendations) == 10


def test_every_first_look_is_marked_as_not_checked() -> None:
    assert look([1, 2, 4, 0], RECENCY).status == "first look, not checked"


def test_thresholds_of_the_head_types_can_be_set() -> None:
    model = PlantedModel(SCORES, planted_maps([RECENCY]))
    explanation = explain(
        model,
        dataset_of(CATALOGUE, log_of([[0, 1]])),
        session_of([1, 2, 4, 0]),
        thresholds=Thresholds(focused_entropy=0.99),
    )
    assert explanation.reasons[0].kind == "focused"


def test_recommendations_are_the_ten_best_without_neutral_items_and_the_first_is_explained() -> None:
    explanation = look([1, 2, 4, 0], RECENCY)
    assert [item.row for item in explanation.recommendations] == list(range(11, 1, -1))
    assert [item.rank for item in explanation.recommendations] == list(range(1, 11))
    assert explanation.candidate == explanation.recommendations[0]
    assert (explanation.candidate.item_id, explanation.candidate.title, explanation.candidate.category) == (
        "i11",
        "Title 11",
        "Comedy",
    )
    shares = np.exp(np.arange(12.0))
    assert explanation.candidate.probability == pytest.approx(shares[11] / shares.sum())


@pytest.fixture
def dataset() -> DataSet:
    return dataset_of(CATALOGUE, log_of([[1, 2, 3, 4], [7], [5, 6, 5]]))


def test_a_session_of_the_data_set_keeps_its_last_event_as_the_target(dataset: DataSet) -> None:
    explanation = explain_session(small_transformer(CATALOGUE), dataset, "s0", candidate=7)
    assert explanation.history.items.tolist() == [1, 2, 3]
    assert explanation.target is not None
    assert explanation.target.row == 4
    assert (
        explanation.target.rank == 1 + [item.row for item in explanation.recommendations].index(4)
        or explanation.target.rank > 10
    )
    assert explanation.candidate.row == 7
    assert explanation.maps.shape == (2, 4, 3, 3)
    assert [(head.layer, head.head) for head in explanation.heads] == [
        (layer, head) for layer in (0, 1) for head in range(4)
    ]


def test_seen_items_are_left_out_where_the_data_set_says_so(dataset: DataSet) -> None:
    ratings = replace(dataset, card=dataset.card.model_copy(update={"filter_seen": True}))
    explanation = explain_session(PlantedModel(SCORES), ratings, "s2")
    assert explanation.target is not None
    assert (explanation.target.row, explanation.target.rank, explanation.target.probability) == (5, 0, 0.0)
    assert not {5, 6} & {item.row for item in explanation.recommendations}


def test_a_seen_candidate_is_measured_as_if_it_alone_were_not_filtered(dataset: DataSet) -> None:
    filtering = replace(dataset, card=dataset.card.model_copy(update={"filter_seen": True}))
    model = small_transformer(dataset.catalogue)
    seen = int(dataset.log.session(0).items[0])
    explanation = explain_session(model, filtering, "s0", candidate=seen)
    assert explanation.candidate.rank == 0
    assert np.isfinite(explanation.head_effects).all()
    assert explanation.head_effects.any()


def test_a_neutral_candidate_has_no_effects_and_no_reasons() -> None:
    home = dataset_of(catalogue_of(8, 2, home=True), log_of([[0, 8, 1, 2]]))
    row = 8
    explanation = explain_session(small_transformer(home.catalogue), home, "s0", candidate=row)
    assert (explanation.candidate.rank, explanation.head_effects.size, explanation.term_effects) == (0, 0, {})


def test_a_long_history_is_explained_by_the_events_that_the_model_saw(dataset: DataSet) -> None:
    model = small_transformer(CATALOGUE, max_events=3)
    explanation = explain(model, dataset, session_of([9, 8, 7, 6, 5]))
    assert explanation.history.items.tolist() == [7, 6, 5]
    assert explanation.maps.shape[-1] == 3


def test_requests_that_cannot_be_explained_are_refused_with_the_cause(dataset: DataSet) -> None:
    model = PlantedModel(SCORES)
    with pytest.raises(BadInput, match="no session 'x' among 3"):
        explain_session(model, dataset, "x")
    with pytest.raises(BadInput, match="session 's1' has one event and so no history"):
        explain_session(model, dataset, "s1")
    with pytest.raises(BadInput, match="the history is empty; give at least one item"):
        explain(model, dataset, session_of([]))
    with pytest.raises(BadInput, match="candidate row 13 is not in the catalogue of 13 items"):
        explain(model, dataset, session_of([1]), candidate=13)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")],
)
def test_parts_are_joined_with_commas_and_and(parts: list[str], expected: str) -> None:
    assert joined(parts) == expected


def test_a_sentence_ends_with_a_full_stop() -> None:
    assert sentence(["A", "B", "C"]) == "Recommended because of A, B and C."
    assert sentence([]) == "Based on your viewing history."


def test_an_event_that_speaks_against_the_title_is_not_named_however_much_attention_it_has() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    model = small_transformer(CATALOGUE, jobs=("last", "category", "opening", "free"), content_limit=0.0)
    plain = small_transformer(CATALOGUE)
    named = 0
    for seed in range(20):
        history = session_of(np.random.default_rng(seed).integers(0, 12, 7).tolist())
        for any_model in (model, plain):
            explanation = explain(any_model, dataset, history)
            case = case_of(history, explanation.candidate.row, any_model, False)
            sets = [reason.positions for reason in explanation.reasons]
            named += len(sets)
            assert (remove(any_model, CATALOGUE, [(case, sets)])[0].effect >= -1e-5).all()
    assert named > 10


def test_heads_of_an_additive_model_are_weighted_by_contribution_to_the_title() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]]))
    model = small_transformer(CATALOGUE, jobs=("last", "category", "opening", "free"))
    first, other = (explain(model, dataset, session_of([1, 2, 4, 0]), candidate=row) for row in (3, 8))
    assert first.contributions.scores != pytest.approx(other.contributions.scores)
    for explanation in (first, other):
        (added,) = case_contributions(
            model, CATALOGUE, [case_of(session_of([1, 2, 4, 0]), explanation.candidate.row, model, False)]
        )
        assert all(added[head].sum() > 0 for reason in explanation.reasons for head in reason.heads)


@pytest.mark.parametrize("filter_seen", [False, True])
@pytest.mark.parametrize("kind", ["additive", "plain", "lstm", "planted"])
def test_many_explanations_at_once_equal_those_of_each_alone(kind: str, filter_seen: bool) -> None:
    model = {
        "additive": small_transformer(CATALOGUE, jobs=("last", "category", "free"), followers=3),
        "plain": small_transformer(CATALOGUE),
        "lstm": small_lstm(CATALOGUE),
        "planted": PlantedModel(SCORES),
    }[kind]
    data = dataset_of(CATALOGUE, log_of([[0, 1]]), filter_seen=filter_seen)
    requests = [
        Request(session_of([1, 4, 7, 2]), 3),
        Request(session_of([9])),
        Request(session_of([5, HOME, 5, 8, 0, 3, 6]), 2, candidate=HOME),  # neutral: no probability, no reason
        Request(session_of([3, 0, 6, 10, 2]), 11, candidate=3),  # seen: let through the filter by itself
    ]
    for together, request in zip(explain_many(model, data, requests), requests, strict=True):
        alone = explain(model, data, request.history, request.target, request.candidate)
        assert (together.sentence, together.reasons) == (alone.sentence, alone.reasons)
        assert [item.row for item in together.recommendations] == [item.row for item in alone.recommendations]
        assert (together.candidate.row, together.candidate.rank) == (alone.candidate.row, alone.candidate.rank)
        assert (together.target is None) == (request.target is None)
        assert together.candidate.probability == pytest.approx(alone.candidate.probability, abs=1e-6)
        np.testing.assert_allclose(together.maps, alone.maps, atol=1e-5)
        np.testing.assert_allclose(together.head_effects, alone.head_effects, atol=1e-5)
        assert together.term_effects == pytest.approx(alone.term_effects, abs=1e-5)
        if alone.contributions is not None and together.contributions is not None:
            np.testing.assert_allclose(together.contributions.values, alone.contributions.values, atol=1e-5)
            assert together.contributions.scores == pytest.approx(alone.contributions.scores, abs=1e-5)
    assert explain_many(model, data, []) == []
