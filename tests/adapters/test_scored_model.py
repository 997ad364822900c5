"""A function that scores histories becomes a session model; each fault of the function is a sentence that names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
import torch

from streamrec_core.adapters import ScoredModel, ScoringFunction
from streamrec_core.api import counterfactual, explain_session, recommend
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.removal import remove_each
from streamrec_core.errors import BadInput, Refused
from tests.worlds import batch, catalogue_of, dataset_of, log_of, session_of

CATALOGUE = catalogue_of(6)
IDS = ["i5", "i4", "i3", "i2", "i1", "elsewhere"]  # another order, without i0, with an item that the log lacks


def counted(histories: list[list[str]]) -> np.ndarray[Any, Any]:
    """Item n scores 10 n for each event `i(n - 1)`, plus n hundredths."""
    scores = np.zeros((len(histories), len(IDS)))
    for row, history in enumerate(histories):
        for column, item in enumerate(IDS[:-1]):
            number = int(item[1:])
            scores[row, column] = 10 * number * history.count(f"i{number - 1}") + number / 100
    return scores


def model_of(score: Callable[[list[list[str]]], Any], time_limit: float | None = None) -> ScoredModel:
    return ScoredModel(ScoringFunction(score, IDS, name="counted"), CATALOGUE, time_limit)


def test_scores_stand_in_the_order_of_the_catalogue_and_unknown_items_are_barred() -> None:
    model = model_of(counted)
    scores = model.logits(batch(CATALOGUE, [0, 1, 1], [2]))
    # i0 is unknown: barred, and the event i0 is not read, so i1 gains nothing from it.
    expected = [[-np.inf, 0.01, 40.02, 0.03, 0.04, 0.05], [-np.inf, 0.01, 0.02, 30.03, 0.04, 0.05]]
    assert np.allclose(scores.numpy(), expected)
    assert model.item_match.unknown.tolist() == [0]
    assert model.only_in_model == 1
    assert len(model.notes) == 2


def test_hidden_events_are_left_out_and_nothing_gives_the_empty_history() -> None:
    histories = batch(CATALOGUE, [1, 2], [1, 2])
    hidden = torch.tensor([[True, False], [True, True]])
    scores = model_of(counted).logits(type(histories)(**{**vars(histories), "hidden": hidden}))
    assert scores[0].tolist() == model_of(counted).logits(batch(CATALOGUE, [2]))[0].tolist()
    assert scores[1, 3].item() == pytest.approx(0.03)


def test_where_an_empty_history_fails_single_items_stand_in() -> None:
    def last(histories: list[list[str]]) -> np.ndarray[Any, Any]:
        return counted([[history[-1]] for history in histories])

    empty = batch(CATALOGUE, [0])  # one unknown event: nothing is left
    assert model_of(last).logits(empty)[0, 3].item() == pytest.approx(10 * 3 / 6 + 0.03)


def test_each_distinct_history_is_scored_once() -> None:
    sizes = []

    def score(histories: list[list[str]]) -> np.ndarray[Any, Any]:
        sizes.append(len(histories))
        return counted(histories)

    model = model_of(score)
    sizes.clear()
    model.logits(batch(CATALOGUE, [1], [1, 2], [1]))
    model.logits(batch(CATALOGUE, [1, 2], [3]))
    assert sizes == [2, 1]


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        torch.tensor,
        lambda scores: torch.tensor(scores, requires_grad=True),
        lambda scores: [torch.tensor(row) for row in scores],
        sparse.csr_matrix,
        lambda scores: scores.tolist(),
    ],
)
def test_arrays_tensors_sparse_and_lists_are_accepted(convert: Callable[[Any], Any]) -> None:
    model = model_of(lambda histories: convert(counted(histories)))
    assert model.logits(batch(CATALOGUE, [1]))[0, 2].item() == pytest.approx(20.02)


def broken(fault: str) -> Callable[[list[list[str]]], Any]:
    def score(histories: list[list[str]]) -> Any:
        scores = counted(histories)
        if fault == "nan":
            scores[-1, 2] = np.nan
        if fault == "inf":
            scores[-1, 2] = np.inf
        if fault == "barred":
            scores[-1] = -np.inf
        if fault == "raises":
            return histories[10]
        if fault == "hangs":
            time.sleep(5)
        return {
            "transposed": scores.T,
            "narrow": scores[:, :-1],
            "text": "scores",
            "dict": {"scores": scores},
            "ragged": [[1.0], [1.0, 2.0]],
            "none": None,
        }.get(fault, scores)

    return score


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nan", r"returned NaN for 1 of 6 items after \['i2', 'i1'\], the first of them 'i3'"),
        ("inf", r"returned \+inf for 1 of 6 items"),
        ("barred", r"returned -inf for every item after \['i2', 'i1'\]"),
        ("transposed", r"returned shape \(6, 2\) for 2 histories and 6 item_ids; return \(2, 6\).*transposed"),
        ("narrow", r"returned shape \(2, 5\)"),
        ("text", "returned a str"),
        ("dict", "returned a dict"),
        ("ragged", "returned a list that is no array of numbers"),
        ("none", "returned a NoneType"),
        ("raises", r"test_scored_model.py, line \d+: score\(histories\) raised IndexError: list index out of range in"),
        ("hangs", "has not returned within 0.2 seconds"),
    ],
)
def test_faults_of_the_function_are_named(fault: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        model_of(broken(fault), time_limit=0.2 if fault == "hangs" else None)


@pytest.mark.parametrize(
    ("item_ids", "message"),
    [
        (["a", "b", "a"], r"item_ids\[0\] and item_ids\[2\] are both 'a'"),
        ([1, 2], r"item_ids\[0\] is 1 \(int\), not text; return \[str\(item\)"),
        ([], "item_ids is empty"),
        (None, "item_ids must be a list"),
        ("ab", "item_ids must be a list"),
    ],
)
def test_faults_of_the_ids_are_named(item_ids: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ScoredModel(ScoringFunction(counted, item_ids), CATALOGUE)


def test_a_model_without_a_common_item_is_refused() -> None:
    with pytest.raises(Refused, match="none of the 6 items has an id of the model's 2 items"):
        ScoredModel(ScoringFunction(counted, ["1", "2"]), CATALOGUE)


def test_a_call_within_the_time_limit_sees_the_caller_and_a_later_call_works_after_a_hang() -> None:
    slow = [False]

    def score(histories: list[list[str]]) -> Any:
        time.sleep(0.5 if slow[0] else 0)
        assert not torch.is_grad_enabled()
        return counted(histories)

    model = model_of(score, time_limit=0.2)
    slow[0] = True
    with pytest.raises(BadInput, match="has not returned"):
        model.logits(batch(CATALOGUE, [3]))
    slow[0] = False
    assert model.logits(batch(CATALOGUE, [3]))[0, 4].item() == pytest.approx(40.04)


def test_the_analyses_run_and_name_the_event_that_counts() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[1, 3, 2, 3], [2, 4, 5]]))
    model = model_of(counted)
    case = case_of(session_of([1, 3, 2]), 4, model, dataset.card.filter_seen)
    (removal,) = remove_each(model, CATALOGUE, [case])
    assert int(removal.effect.argmax()) == 1  # i3 alone leads to i4
    explanation = explain_session(model, dataset, "s0")
    assert recommend(model, dataset, "s0", k=1).items[0].title == explanation.candidate.title
    assert explanation.heads == ()
    assert counterfactual(model, dataset, explanation, k=1).titles
