"""Removal held to a model whose every effect is known: a linear scorer, where an event is worth its own weight."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.removal import remove, remove_each
from streamrec_core.errors import BadInput
from tests.worlds import BagModel, catalogue_of, chain_dataset, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(6)


def log_softmax(scores: np.ndarray, row: int) -> float:
    return float(scores[row] - np.log(np.exp(scores).sum()))


def known_effect(model: BagModel, items: list[int], removed: set[int], candidate: int) -> float:
    """Fall of the candidate's log-probability worked out by hand from the weights."""
    weights = model.weights.numpy()
    whole = weights[items].sum(0)
    left = sum((weights[item] for position, item in enumerate(items) if position not in removed), np.zeros(6))
    return log_softmax(whole, candidate) - log_softmax(left, candidate)


@pytest.mark.parametrize("how", ["drop", "mask"])
def test_an_event_is_worth_its_weight_to_a_linear_model(how: str) -> None:
    model = BagModel(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)))
    items = [0, 3, 5, 1]
    (removal,) = remove_each(model, CATALOGUE, [case_of(session_of(items), 2, model, False)], how)
    assert removal.effect == pytest.approx([known_effect(model, items, {at}, 2) for at in range(4)], abs=1e-5)


def test_sets_are_taken_away_together_and_many_cases_at_once() -> None:
    model = BagModel(torch.randn(6, 6, generator=torch.Generator().manual_seed(2)))
    histories = ([0, 3, 5, 1, 1], [4], [2, 2])
    sets_of_cases = [
        (case_of(session_of(items), 2, model, False), sets)
        for items, sets in zip(histories, ([(0, 1), (3, 4)], [(0,)], [(0,), (0, 1)]), strict=True)
    ]
    for items, (_, sets), removal in zip(
        histories, sets_of_cases, remove(model, CATALOGUE, sets_of_cases), strict=True
    ):
        assert removal.sets == tuple(sets)
        assert removal.effect == pytest.approx([known_effect(model, items, set(gone), 2) for gone in sets], abs=1e-5)


def test_ranks_and_the_new_first_are_those_of_the_shorter_history() -> None:
    weights = torch.zeros(6, 6)
    weights[0, 2], weights[1, 3] = 5.0, 3.0  # item 0 speaks for 2, item 1 for 3
    (removal,) = remove_each(BagModel(weights), CATALOGUE, [case_of(session_of([0, 1]), 2, BagModel(weights), False)])
    assert (removal.rank, removal.ranks.tolist(), removal.top.tolist()) == (
        1,
        [4, 1],
        [3, 2],
    )  # of five alike, half before


def test_a_removed_item_stays_excluded_where_seen_items_are_filtered() -> None:
    weights = torch.zeros(6, 6)
    weights[1, 0] = 9.0  # item 1 speaks for item 0, which was seen
    model = BagModel(weights)
    (removal,) = remove_each(model, CATALOGUE, [case_of(session_of([0, 1]), 2, model, True)])
    assert removal.top.tolist() == [2, 2]


def test_what_was_seen_before_the_models_window_stays_excluded_too() -> None:
    weights = torch.zeros(6, 6)
    weights[3, 0], weights[3, 2] = 9.0, 1.0  # the event in the window speaks for item 0, which was seen long before
    model = BagModel(weights, max_events=2)
    case = case_of(session_of([0, 1, 4, 3]), 2, model, filter_seen=True)
    assert (case.history.items.tolist(), case.excluded.tolist()) == ([4, 3], [0, 1, 3, 4])
    (removal,) = remove_each(model, CATALOGUE, [case])
    assert (removal.rank, removal.top.tolist()) == (1, [2, 2])


@pytest.mark.parametrize("make", [small_transformer, small_lstm])
@pytest.mark.parametrize("how", ["drop", "mask"])
def test_a_batch_gives_what_one_at_a_time_gives(make: type, how: str) -> None:
    dataset = chain_dataset()
    model = make(dataset.catalogue)
    cases = [case_of(dataset.log.session(row), 1, model, False) for row in range(8)]
    together = remove_each(model, dataset.catalogue, cases, how)
    for case, removal in zip(cases, together, strict=True):
        (alone,) = remove_each(model, dataset.catalogue, [case], how)
        assert removal.effect == pytest.approx(alone.effect, abs=1e-5)


@pytest.mark.parametrize("make", [small_transformer, small_lstm])
def test_a_masked_event_may_as_well_be_any_other(make: type) -> None:
    dataset = chain_dataset()
    model = make(dataset.catalogue)
    first, second = session_of([1, 2, 3, 4]), session_of([1, 7, 3, 4])
    sets_of_cases = [(case_of(history, 5, model, False), [(1,)]) for history in (first, second)]
    first_removal, second_removal = remove(model, dataset.catalogue, sets_of_cases, "mask")
    left = [removal.log_probability - removal.effect[0] for removal in (first_removal, second_removal)]
    assert left[0] == pytest.approx(left[1], abs=1e-5)


def test_an_unknown_way_of_removal_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="choose drop or mask"):
        remove(BagModel(torch.zeros(6, 6)), CATALOGUE, [], "swap")  # type: ignore[arg-type]
