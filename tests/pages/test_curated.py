"""Example sessions: which of the planted ones each kind of reader is led to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pages.ui.example_sessions import SEARCHED, find_example_sessions
from streamrec_core.data.log import Session
from streamrec_core.explain.record import Explanation, RankedItem, Reason

REASON = Reason("focused", "your engagement with 'Dawn'", "Because of your interest in Dawn", ((0, 0),), (1,), True)


def explained(name: str, rank: int, events: int = 10, reasons: tuple[Reason, ...] = ()) -> Explanation:
    item = RankedItem(0, "i0", "Dawn", "Crime", rank, 0.1)
    return Explanation(
        model="planted",
        history=Session(name, np.zeros(events, np.int32), np.zeros(events, np.int8)),
        maps=np.zeros((0, 0, events, events), np.float32),
        heads=(),
        candidate=item,
        target=item,
        recommendations=(item,),
        sentence="Because.",
        reasons=reasons,
    )


PLANTED = {
    explanation.history.session_id: explanation
    for explanation in (
        explained("hit, nothing named", 1),
        explained("hit, named, long", 2, events=40, reasons=(REASON,)),
        explained("hit, named, short", 9, reasons=(REASON,)),
        explained("hit, named, doubtful", 3, reasons=(replace(REASON, beyond_uniform=False),)),
        explained("miss, not named", 70),
        explained("miss, named", 60, reasons=(REASON,)),
        explained("worst", 4000),
        explained("not to be recommended", 0),
        explained("median", 61),
    )
}


@pytest.mark.parametrize(
    ("reader", "session"),
    [
        ("Product manager", "hit, named, short"),
        ("Engineer", "worst"),
        ("Regulator", "miss, named"),
    ],
)
def test_each_reader_is_led_to_the_session_that_answers(reader: str, session: str) -> None:
    (example,) = [
        example for example in find_example_sessions(tuple(PLANTED), PLANTED.__getitem__) if example.reader == reader
    ]
    assert example.session_id == session


def test_the_summary_says_what_the_session_shows() -> None:
    manager, engineer, _ = find_example_sessions(tuple(PLANTED), PLANTED.__getitem__)
    assert "rank 9" in manager.summary
    assert "Because." in manager.summary
    assert "rank 4,000" in engineer.summary


def test_only_the_first_test_sessions_are_searched() -> None:
    explained_ids: list[str] = []

    def explain(name: str) -> Explanation:
        explained_ids.append(name)
        return explained(name, 1)

    find_example_sessions(tuple(map(str, range(500))), explain)
    assert len(explained_ids) == SEARCHED


def test_without_sessions_there_are_no_examples() -> None:
    assert find_example_sessions((), PLANTED.__getitem__) == ()
