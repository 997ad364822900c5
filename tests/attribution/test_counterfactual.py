"""Counterfactuals held to voting models: how many events it takes to turn a vote is known beforehand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attribution.candidate_scores import RemovalMode
from streamrec_core.attribution.case import Case, case_of, first_recommendations
from streamrec_core.attribution.counterfactual import CounterfactualSettings, smallest_removal
from streamrec_core.attribution.removal import remove
from streamrec_core.attribution.single_change import smallest_change
from streamrec_core.data.batches import Batch
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel
from tests.worlds import BagModel, DeafModel, catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(6)
FIRST = CounterfactualSettings(k=1)


def voters() -> BagModel:
    """Item 0 votes once for item 2; item 1 once for item 3; nothing votes for anything else."""
    weights = torch.zeros(6, 6)
    weights[0, 2] = weights[1, 3] = 1.0
    return BagModel(weights)


@pytest.mark.parametrize(("votes", "size", "proven"), [(2, 1, True), (3, 2, True), (4, 3, True), (6, 5, False)])
def test_it_takes_as_many_removals_as_the_candidate_has_votes_to_lose(votes: int, size: int, proven: bool) -> None:
    model = voters()
    case = case_of(session_of([0, 5] * votes + [1, 1]), 2, model, False)
    counterfactual = smallest_removal(model, CATALOGUE, case, FIRST)
    assert (counterfactual.size, counterfactual.rank, counterfactual.proven) == (max(votes - 1, 1), 1, proven)
    assert counterfactual.size == size
    assert {int(case.history.items[at]) for at in counterfactual.positions or ()} == {0}
    assert (counterfactual.rank_without, counterfactual.instead) == (2, (3,))


def test_where_nothing_does_it_that_is_said_with_the_worst_rank() -> None:
    model = DeafModel(torch.diag(torch.arange(6.0)))
    case = case_of(session_of([0, 1, 2]), 5, model, False)
    counterfactual = smallest_removal(model, CATALOGUE, case, FIRST)
    assert (
        counterfactual.positions,
        counterfactual.size,
        counterfactual.rank_without,
        counterfactual.instead,
        counterfactual.proven,
    ) == (None, None, 1, (), True)
    longer = case_of(session_of([0, 1, 2, 3, 4]), 5, model, False)
    assert not smallest_removal(model, CATALOGUE, longer, FIRST).proven
    assert smallest_removal(model, CATALOGUE, case_of(session_of([3]), 5, model, False), FIRST).positions is None


def test_a_candidate_beyond_the_first_k_is_refused() -> None:
    case = case_of(session_of([0, 1, 1]), 2, voters(), False)
    with pytest.raises(BadInput, match="has rank 2, so it is not among the first 1 anyway"):
        smallest_removal(voters(), CATALOGUE, case, FIRST)
    with pytest.raises(BadInput, match="choose one of engagement, order"):
        smallest_change(voters(), CATALOGUE, case, "title")  # type: ignore[arg-type]


def test_progress_rises_to_one_and_can_stop_the_search() -> None:
    shares: list[float] = []
    model = voters()
    case = case_of(session_of([0] * 9), 2, model, False)
    smallest_removal(model, CATALOGUE, case, FIRST, shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        smallest_removal(model, CATALOGUE, case, FIRST, stop)


MODELS = {
    "plain": small_transformer(CATALOGUE),
    "additive": small_transformer(CATALOGUE, jobs=("last", "category", "opening", "free")),
    "lstm": small_lstm(CATALOGUE),
}


@settings(max_examples=15, deadline=None)
@given(name=st.sampled_from([*MODELS]), history=st.lists(st.integers(0, 5), min_size=2, max_size=7))
def test_every_set_found_does_it_and_no_smaller_one_does_where_that_is_claimed(name: str, history: list[int]) -> None:
    model = MODELS[name]
    (case,) = first_recommendations(model, CATALOGUE, [session_of(history)], False)
    counterfactual = smallest_removal(model, CATALOGUE, case, FIRST)
    every = [part for size in range(1, len(history)) for part in combinations(range(len(history)), size)]
    (removal,) = remove(model, CATALOGUE, [(case, every)])
    sizes = [len(part) for part, rank in zip(every, removal.ranks, strict=True) if rank > 1]
    if counterfactual.positions is not None:
        assert removal.ranks[every.index(counterfactual.positions)] == counterfactual.rank_without > 1
        assert counterfactual.instead[0] == removal.top[every.index(counterfactual.positions)]
        assert not counterfactual.proven or counterfactual.size == min(sizes)
    elif counterfactual.proven:
        assert not sizes


class EitherModel(BagModel):
    """Recommends item 5 while the history holds item 0 or item 1, and item 4 scores below 10.

    Item 4 scores `rival`, less 2 for every item 2 of the history.
    """

    def __init__(self, rival: float = 5.0) -> None:
        super().__init__(torch.zeros(6, 6))
        self.rival = rival

    def logits(self, batch: Batch) -> torch.Tensor:
        scores = torch.zeros(len(batch), 6)
        holds = (((batch.items == 0) | (batch.items == 1)) & batch.visible).any(1)
        scores[:, 5] = torch.where(holds, 10.0, -10.0)
        scores[:, 4] = self.rival - 2.0 * ((batch.items == 2) & batch.visible).sum(1)
        return scores


def brute_force(model: SessionModel, case: Case, how: RemovalMode = "drop") -> list[int]:
    """Sizes of all sets of events, up to all but one, without which the candidate is no longer first."""
    length = len(case.history)
    every = [part for size in range(1, length) for part in combinations(range(length), size)]
    (removal,) = remove(model, CATALOGUE, [(case, every)], how)
    return [len(part) for part, rank in zip(every, removal.ranks, strict=True) if rank > 1]


@pytest.mark.parametrize("history", [[2, 2, 2, 0, 1], [0, 2, 3, 2, 4, 1], [2, 3, 0, 3, 2, 2, 1, 2]])
def test_a_pair_whose_events_have_no_effect_by_themselves_is_found(history: list[int]) -> None:
    model = EitherModel()
    case = case_of(session_of(history), 5, model, False)
    narrow = CounterfactualSettings(k=1, beam=1, breadth=1)
    result = smallest_removal(model, CATALOGUE, case, narrow)
    assert result.positions == (history.index(0), history.index(1))
    assert (result.proven, result.same_size) == (True, 1)
    # every event, every pair, and the pair once more by itself
    assert result.tried == len(history) + len(history) * (len(history) - 1) // 2 + 1
    singles = narrow.model_copy(update={"exhaustive": 1})
    assert smallest_removal(model, CATALOGUE, case, singles).positions is None  # a beam walks past it
    assert not smallest_removal(model, CATALOGUE, case, singles).proven


def test_a_larger_set_than_the_smallest_is_not_called_proven() -> None:
    model = EitherModel(rival=11.0)  # without its three items 2, item 4 wins too
    case = case_of(session_of([2, 0, 2, 1, 2]), 5, model, False)
    result = smallest_removal(model, CATALOGUE, case, CounterfactualSettings(k=1, exhaustive=1, beam=1, breadth=3))
    assert (result.positions, result.proven) == ((0, 2, 4), False)
    assert min(brute_force(model, case)) == 2
    assert smallest_removal(model, CATALOGUE, case, FIRST).positions == (1, 3)


@pytest.mark.parametrize("how", ["drop", "mask"])
@pytest.mark.parametrize("exhaustive", [1, 2, 3])
def test_proven_is_what_an_exhaustive_search_confirms(exhaustive: int, how: RemovalMode) -> None:
    rng = np.random.default_rng(exhaustive)
    # A narrow beam, so that sizes which only a beam searched are not by luck those of the exhaustive search.
    limits = CounterfactualSettings(k=1, exhaustive=exhaustive, beam=1, breadth=2, how=how)
    smallest: list[int | None] = []
    for model in (build(CATALOGUE, seed) for seed in range(5) for build in (small_transformer, small_lstm)):
        histories = [session_of(rng.integers(0, 6, length).tolist()) for length in (5, 6, 7, 8)]
        for case in first_recommendations(model, CATALOGUE, histories, False):
            sizes = brute_force(model, case, how)
            result = smallest_removal(model, CATALOGUE, case, limits)
            smallest.append(min(sizes, default=None))
            if result.proven:
                assert result.size == smallest[-1]
            if sizes and min(sizes) <= exhaustive:
                assert (result.size, result.proven) == (min(sizes), True)
                assert result.same_size == sizes.count(min(sizes))
            if not sizes:
                assert (result.positions, result.proven) == (None, len(case.history) - 1 <= exhaustive)
            assert result.size is None or result.size >= min(sizes)
    assert {1, 2, 3} <= set(smallest)


@pytest.mark.parametrize(("most_removed", "proven"), [(1, False), (2, True)])
def test_that_nothing_does_it_is_proven_only_where_all_sizes_were_tried(most_removed: int, proven: bool) -> None:
    model = DeafModel(torch.diag(torch.arange(6.0)))
    case = case_of(session_of([0, 1, 2]), 5, model, False)
    limits = CounterfactualSettings(k=1, most_removed=most_removed)
    assert smallest_removal(model, CATALOGUE, case, limits).proven == proven


class LastSavedModel(BagModel):
    """Recommends item 2 while the last event is a save, item 3 otherwise."""

    def logits(self, batch: Batch) -> torch.Tensor:
        saved = batch.engagements[torch.arange(len(batch)), batch.lengths - 1] == 3
        scores = torch.zeros(len(batch), 6)
        scores[:, 2], scores[:, 3] = saved.float(), 0.5
        return scores


def test_the_smallest_change_of_an_engagement_is_one_step_of_the_last_event() -> None:
    model = LastSavedModel(torch.zeros(6, 6))
    case = case_of(session_of([0, 1, 4], [0, 0, 3]), 2, model, False)
    change = smallest_change(model, CATALOGUE, case, "engagement", FIRST)
    assert (change.positions, change.size, change.rank, change.rank_after, change.instead) == ((2,), 1, 1, 4, (3,))
    assert change.engagement in (2, 4)
    assert change.history.engagements[2] == change.engagement
    exchanged = smallest_change(model, CATALOGUE, case, "order", FIRST)
    assert (exchanged.positions, exchanged.size, exchanged.history.engagements.tolist()) == ((1, 2), 1, [0, 3, 0])
    assert case.history.engagements.tolist() == [0, 0, 3]


def test_a_model_without_a_sense_of_order_is_not_moved_by_it() -> None:
    model = voters()
    case = case_of(session_of([0, 0, 1]), 2, model, False)
    change = smallest_change(model, CATALOGUE, case, "order", FIRST)
    assert (change.positions, change.instead, change.rank_after, change.size) == (None, (), 1, 0)
    assert change.tried == 2  # exchanging two alike is no change
    assert np.array_equal(change.history.items, case.history.items)
