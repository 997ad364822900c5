"""Stepping through test sessions whose rows are known, and a split of a long log without an object for each session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pages.ui.session_split import SessionSplit, split_sessions
from streamrec_core.data.splits import SplitKind, split
from streamrec_core.data.string_column import StringColumn
from tests.worlds import chain_dataset

SESSIONS = SessionSplit(np.array([2, 5, 9]), StringColumn(["c", "f", "j"]), np.isin(np.arange(10), [0, 1, 3]))


@pytest.mark.parametrize(
    ("row", "following", "before"), [(2, "f", "j"), (5, "j", "c"), (9, "c", "f"), (6, "j", "f"), (-1, "c", "j")]
)
def test_one_step_on_and_back_goes_round(row: int, following: str, before: str) -> None:
    assert SESSIONS.next(row) == following
    assert SESSIONS.previous(row) == before


@pytest.mark.parametrize(("row", "number"), [(2, 1), (9, 3), (3, None), (99, None)])
def test_a_test_session_has_a_number(row: int, number: int | None) -> None:
    assert SESSIONS.number(row) == number


@pytest.mark.parametrize(("kind", "tests"), [("session", 12), ("leave-last-out", 60)])
def test_sessions_are_divided_as_sets_of_them_would_be(kind: SplitKind, tests: int) -> None:
    dataset = chain_dataset(sessions=60, split=kind)
    parts = split(dataset)
    sessions = split_sessions(dataset.log, parts)
    test_rows = {int(row) for row in parts.test.sessions}
    trained = {int(row) for part in (parts.train, parts.validation) for row in part.sessions} - test_rows
    assert sessions.test_rows.tolist() == sorted(test_rows)
    assert list(sessions.test_ids) == [dataset.log.session_ids[row] for row in sorted(test_rows)]
    assert np.flatnonzero(sessions.trained).tolist() == sorted(trained)
    assert len(test_rows) == tests
    assert len(trained) == 60 - tests


class NoTexts(StringColumn):
    """A column whose texts nobody may read one by one."""

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("a text was made of a session")

    def __iter__(self) -> Any:
        raise AssertionError("a text was made of every session")


def test_dividing_the_sessions_makes_no_object_of_each() -> None:
    dataset = chain_dataset(sessions=60)
    log = replace(dataset.log)
    object.__setattr__(log, "session_ids", NoTexts(dataset.log.session_ids))
    sessions = split_sessions(log, split(dataset))
    for column in (sessions.test_rows, sessions.trained):
        assert isinstance(column, np.ndarray)
    assert isinstance(sessions.test_ids, StringColumn)
    assert sessions.next(-1) == dataset.log.session_ids[int(sessions.test_rows[0])]
