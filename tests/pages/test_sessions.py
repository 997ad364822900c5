"""Walking through test sessions whose rows are known."""

from __future__ import annotations

import pytest

from pages.ui.test_split import Parts, divide
from tests.worlds import chain_dataset

PARTS = Parts(rows=(2, 5, 9), test_ids=("c", "f", "j"), learned=frozenset({0, 1, 3}))


@pytest.mark.parametrize(
    ("row", "following", "before"), [(2, "f", "j"), (5, "j", "c"), (9, "c", "f"), (6, "j", "f"), (-1, "c", "j")]
)
def test_one_step_on_and_back_goes_round(row: int, following: str, before: str) -> None:
    assert PARTS.next(row) == following
    assert PARTS.previous(row) == before


@pytest.mark.parametrize(("row", "place"), [(2, 1), (9, 3), (3, None), (99, None)])
def test_a_test_session_has_a_number(row: int, place: int | None) -> None:
    assert PARTS.place(row) == place


def test_every_session_is_either_learned_from_or_a_test() -> None:
    parts = divide(chain_dataset(sessions=60))
    assert len(parts.rows) == 12
    assert parts.learned.isdisjoint(parts.rows)
    assert len(parts.learned) + len(parts.rows) == 60


def test_where_the_last_event_is_the_test_every_session_is_one() -> None:
    parts = divide(chain_dataset(sessions=60, split="leave-last-out"))
    assert len(parts.rows) == 60
    assert not parts.learned
