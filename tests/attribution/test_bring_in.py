"""Bring in, held to voting models: how many additions a title needs is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.attribution.bring_in import bring_in
from streamrec_core.attribution.bring_in_record import BringInSettings
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.list_rank import recommend_after
from streamrec_core.data.batches import Batch
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from tests.diagnosis.model_check.planted import NEXT, RuleModel, rule_world
from tests.worlds import BagModel, DeafModel, catalogue_of, session_of, small_transformer

CATALOGUE = catalogue_of(9)
EVERY = np.arange(9)
FIRST = BringInSettings(k=1)


def voters(strength: float = 1.0) -> BagModel:
    """Item 0 votes for item 8 and items 1, 2 and 3 vote `strength` for item 7; nothing votes for anything else."""
    weights = torch.zeros(9, 9)
    weights[0, 8] = 1.0
    weights[1:4, 7] = strength
    return BagModel(weights)


@pytest.mark.parametrize(("against", "strength", "size"), [(1, 1.5, 1), (2, 1.5, 1), (4, 1.5, 2), (5, 1.9, 2)])
def test_it_takes_as_many_changes_as_the_title_lacks_votes(against: int, strength: float, size: int) -> None:
    model = voters(strength)
    case = case_of(session_of([0] * against), 7, model, False)
    answer = bring_in(model, CATALOGUE, case, EVERY, FIRST)
    assert (answer.size, answer.rank > 1, answer.rank_after) == (size, True, 1)
    assert answer.edits is not None
    assert {edit.row for edit in answer.edits} <= {1, 2, 3}
    assert answer.names == tuple(CATALOGUE.titles[edit.row] for edit in answer.edits)
    assert answer.recommended == (7,)


def test_an_addition_is_preferred_where_a_swap_would_do_it_too() -> None:
    model = voters(2.0)
    answer = bring_in(model, CATALOGUE, case_of(session_of([0]), 7, model, False), EVERY, FIRST)
    assert answer.edits is not None
    assert [(edit.kind, edit.position) for edit in answer.edits] == [("add", None)]


def test_a_swap_is_named_where_an_addition_is_not_enough() -> None:
    model = voters(0.5)
    case = case_of(session_of([0, 4]), 7, model, False)
    answer = bring_in(model, CATALOGUE, case, EVERY, FIRST)
    assert answer.edits is not None
    (edit,) = answer.edits
    assert (edit.kind, edit.position, edit.row in (1, 2, 3)) == ("swap", 0, True)
    assert answer.history.items.tolist() == [edit.row, 4]


def test_where_nothing_does_it_the_best_rank_is_said() -> None:
    model = DeafModel(torch.diag(torch.arange(9.0)))
    case = case_of(session_of([0, 1]), 5, model, False)
    answer = bring_in(model, CATALOGUE, case, EVERY, FIRST)
    assert (answer.edits, answer.size, answer.rank, answer.rank_after, answer.recommended) == (None, None, 4, 4, ())
    assert answer.history.items.tolist() == [0, 1]
    assert "best rank 4" in answer.summary()[0]


def test_new_items_are_excluded_where_seen_ones_are() -> None:
    weights = torch.zeros(9, 9)
    weights[1, 1], weights[1, 7], weights[0, 8] = 5.0, 2.0, 1.0  # item 1 speaks for itself before it speaks for 7
    model = BagModel(weights)
    case = case_of(session_of([0]), 7, model, filter_seen=True)
    answer = bring_in(model, CATALOGUE, case, EVERY, FIRST)
    assert answer.edits is not None
    assert [edit.row for edit in answer.edits] == [1]
    unfiltered = bring_in(model, CATALOGUE, case_of(session_of([0]), 7, model, False), EVERY, BringInSettings(k=1))
    assert unfiltered.edits is None


def test_a_long_history_loses_its_first_events_when_events_are_added() -> None:
    model = voters()
    model.max_events = 3
    answer = bring_in(model, CATALOGUE, case_of(session_of([0, 4, 4]), 7, model, False), EVERY, FIRST)
    assert answer.edits is not None
    assert (answer.edits[0].kind, answer.history.items.tolist()[:2]) == ("add", [4, 4])


@pytest.mark.parametrize(
    ("title", "pool", "words"),
    [(8, EVERY, "has rank 1, so it is among the first 1 already"), (7, np.array([0]), "in the history already")],
)
def test_what_cannot_be_searched_is_refused(title: int, pool: np.ndarray, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        bring_in(voters(), CATALOGUE, case_of(session_of([0]), title, voters(), False), pool, FIRST)


class CountedModel(RuleModel):
    """Counts the histories it scores, and its calls."""

    histories = calls = 0

    def logits(self, batch: Batch) -> torch.Tensor:
        self.histories, self.calls = self.histories + len(batch), self.calls + 1
        return super().logits(batch)


def test_model_calls_are_counted() -> None:
    world, model = rule_world(), CountedModel()
    case = case_of(session_of([3, 4, 5]), int(NEXT[9]), model, False)
    answer = bring_in(model, world.catalogue, case, np.arange(40), FIRST)
    assert (answer.tried, answer.calls) == (model.histories, model.calls)
    assert answer.edits is not None
    assert [edit.row for edit in answer.edits] == [9]


def test_the_pool_begins_with_what_came_before_the_title() -> None:
    world = rule_world()
    train = split(world).train
    for row in range(5):
        pool = addition_pool(world, train, int(NEXT[row]), 12)
        assert pool[0] == row
        assert len(set(pool.tolist())) == 12
        assert int(NEXT[row]) not in pool


@settings(max_examples=12, deadline=None)
@given(history=st.lists(st.integers(0, 8), min_size=1, max_size=5), title=st.integers(0, 8), k=st.integers(1, 3))
def test_what_is_answered_does_it_and_a_single_change_is_never_missed(history: list[int], title: int, k: int) -> None:
    model = small_transformer(CATALOGUE, max_events=6)
    case = case_of(session_of(history), title, model, False)
    wide = BringInSettings(k=k, breadth=9, beam=3, most_edits=2)
    try:
        answer = bring_in(model, CATALOGUE, case, EVERY, wide)
    except BadInput:
        return
    new = [row for row in range(9) if row not in history and row != title]
    singles = [[*history, row] for row in new]
    singles += [[*history[:at], row, *history[at + 1 :]] for row in new for at in range(len(history))]
    ranks = [
        recommend_after(model, CATALOGUE, (case_of(session_of(items), title, model, False), (), "drop"), k)[0]
        for items in singles
    ]
    assert (answer.size == 1) == (min(ranks) <= k)
    if answer.edits is not None:
        edited = case_of(answer.history, title, model, False)
        assert recommend_after(model, CATALOGUE, (edited, (), "drop"), k) == (answer.rank_after, answer.recommended)
        assert answer.rank_after <= k
