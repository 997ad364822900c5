"""Edited histories: each stands as the history that it is, run by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from streamrec_core.attribution.candidate_scores import score_variants
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.edits import Edits, score_edits
from streamrec_core.attribution.removal import remove
from tests.worlds import catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
LISTED = np.array([1, 2, 5])
FIELDS = ("value", "log_probability", "rank", "top", "list_log_probability")


@pytest.mark.parametrize("make", [small_lstm, small_transformer])
def test_each_edit_stands_as_the_history_that_it_is(make: Any) -> None:
    model = make(CATALOGUE)
    rng = np.random.default_rng(4)
    cases = [
        replace(
            case_of(session_of(rng.integers(0, 12, length).tolist(), [4] * length), 7, model, filter_seen=False),
            listed=LISTED,
        )
        for length in (3, 9, 1, 6)
    ]
    edits = []
    for case in cases:
        left = rng.random((5, len(case.history))) < 0.6
        items = np.where(rng.random((4, len(case.history))) < 0.5, 11, case.history.items).astype(np.int32)
        edits.append(Edits(left, items))
    scored = score_edits(model, CATALOGUE, list(zip(cases, edits, strict=True)))
    for case, edit, (shortened, replaced) in zip(cases, edits, scored, strict=True):
        sets = [tuple(np.flatnonzero(~row).tolist()) for row in edit.left]
        (removal,) = remove(model, CATALOGUE, [(case, sets)])
        assert shortened.value == pytest.approx(removal.value - removal.effect, abs=1e-4)
        for at, items in enumerate(edit.items):
            alone = score_variants(
                model, CATALOGUE, [(replace(case, history=replace(case.history, items=items)), (), "drop")]
            )
            for name in FIELDS:
                assert getattr(replaced, name)[at] == pytest.approx(getattr(alone, name)[0], abs=1e-4)


def test_the_rest_of_the_list_is_watched_with_the_candidate_and_is_nothing_where_nobody_asks() -> None:
    model = small_transformer(CATALOGUE)
    case = case_of(session_of([3, 4, 5]), 7, model, filter_seen=False)
    single = [score_variants(model, CATALOGUE, [(replace(case, candidate=int(row)), (), "drop")]) for row in LISTED]
    (watched,) = remove(model, CATALOGUE, [(replace(case, listed=LISTED), [(0,)])])
    without = [remove(model, CATALOGUE, [(replace(case, candidate=int(row)), [(0,)])])[0].effect[0] for row in LISTED]
    assert watched.list_effect[0] == pytest.approx(float(np.mean(without)), abs=1e-4)
    whole = score_variants(model, CATALOGUE, [(replace(case, listed=LISTED), (), "drop")])
    assert whole.list_log_probability[0] == pytest.approx(
        float(np.mean([scores.log_probability[0] for scores in single])), abs=1e-4
    )
    assert remove(model, CATALOGUE, [(case, [(0,)])])[0].list_effect.tolist() == [0.0]
