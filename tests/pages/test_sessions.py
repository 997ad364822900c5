"""Stepping through test sessions whose rows are known."""

from __future__ import annotations

import pytest

from pages.ui.session_split import SessionSplit, split_sessions
from tests.worlds import chain_dataset

SESSIONS = SessionSplit(test_rows=(2, 5, 9), test_ids=("c", "f", "j"), trained_rows=frozenset({0, 1, 3}))


@pytest.mark.parametrize(
    ("row", "following", "before"), [(2, "f", "j"), (5, "j", "c"), (9, "c", "f"), (6, "j", "f"), (-1, "c", "j")]
)
def test_one_step_on_and_back_goes_round(row: int, following: str, before: str) -> None:
    assert SESSIONS.next(row) == following
    assert SESSIONS.previous(row) == before


@pytest.mark.parametrize(("row", "number"), [(2, 1), (9, 3), (3, None), (99, None)])
def test_a_test_session_has_a_number(row: int, number: int | None) -> None:
    assert SESSIONS.number(row) == number


def test_every_session_is_either_for_training_or_a_test() -> None:
    sessions = split_sessions(chain_dataset(sessions=60))
    assert len(sessions.test_rows) == 12
    assert sessions.trained_rows.isdisjoint(sessions.test_rows)
    assert len(sessions.trained_rows) + len(sessions.test_rows) == 60


def test_where_the_last_event_is_the_test_every_session_is_one() -> None:
    sessions = split_sessions(chain_dataset(sessions=60, split="leave-last-out"))
    assert len(sessions.test_rows) == 60
    assert not sessions.trained_rows
