"""Random edits: draws depend on the history alone, and every trial is one distinct edit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from streamrec_core.attribution.case import Case, case_of
from streamrec_core.explain.random_edits import draw, plan
from tests.worlds import BagModel, catalogue_of, session_of

CATALOGUE = catalogue_of(30, 3, home=True)
HOME = 30
HISTORY = [HOME, 1, 2, 3, 1, 5, 6, 7]


def case(history: list[int] = HISTORY, candidate: int = 20) -> Case:
    return case_of(session_of(history), candidate, BagModel(torch.zeros(31, 31)), filter_seen=False)


def test_replacements_are_other_titles_and_never_the_candidate_or_a_neutral_one() -> None:
    drawn = draw(case(), CATALOGUE, 16, 10)
    assert drawn.items.shape == (10, 8)
    assert not {HOME, 20, *HISTORY} & set(drawn.items.ravel().tolist())
    assert all(len(set(column.tolist())) == 10 for column in drawn.items.T)


def test_a_small_catalogue_limits_the_number_of_replacements() -> None:
    tiny = catalogue_of(4, 3)
    assert draw(case([0, 1], 2), tiny, 16, 10).items.tolist() == [[3, 3]]
    assert draw(case([0, 1, 3], 2), tiny, 16, 10).items.shape == (0, 3)


def test_draws_repeat_for_a_history_and_differ_between_histories() -> None:
    first, again, other = (draw(each, CATALOGUE, 16, 10) for each in (case(), case(), case([1, *HISTORY[1:]])))
    assert (first.present == again.present).all()
    assert (first.items == again.items).all()
    assert not (first.present == other.present).all()
    assert (first.present == draw(replace(case(), candidate=21), CATALOGUE, 16, 10).present).all()


def test_each_trial_removes_the_part_of_the_set_that_is_present() -> None:
    sets = [(2,), (1, 4), tuple(range(1, 8))]
    edits, trials = plan(case(), draw(case(), CATALOGUE, 16, 10), sets, left_out=0.5)
    assert len(np.unique(edits.left, axis=0)) == len(edits.left)
    assert not edits.left.all(1).any()
    for positions, trial in zip(sets, trials, strict=True):
        in_set = np.isin(np.arange(8), positions)
        with_set, without = edits.left[trial.with_set], edits.left[trial.without_set]
        assert len(np.unique(with_set, axis=0)) == len(with_set) > 8
        assert (without == (with_set & ~in_set)).all()
        assert (with_set & in_set).any(1).all()
        changed = edits.items[trial.replaced] != np.array(HISTORY)
        assert changed.any(1).all()
        assert not changed[:, ~in_set].any()
        assert len(changed) == 10


def test_one_event_alone_has_no_sub_history() -> None:
    edits, (trial,) = plan(case([4]), draw(case([4]), CATALOGUE, 16, 10), [(0,)], left_out=0.5)
    assert (len(edits.left), len(trial.with_set)) == (0, 0)
    assert trial.replaced == slice(0, 10)
