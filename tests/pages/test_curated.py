"""Doors of Overview: which of known sessions each kind of reader is led to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pages.ui.example_sessions import LOOKED_AT, find_doors
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


KNOWN = {
    found.history.session_id: found
    for found in (
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
    (door,) = [door for door in find_doors(tuple(KNOWN), KNOWN.__getitem__) if door.reader == reader]
    assert door.session_id == session


def test_the_card_says_what_is_to_be_seen() -> None:
    manager, engineer, _ = find_doors(tuple(KNOWN), KNOWN.__getitem__)
    assert "number 9" in manager.found
    assert "Because." in manager.found
    assert "number 4,000" in engineer.found


def test_only_the_first_test_sessions_are_looked_at() -> None:
    asked: list[str] = []

    def explain(name: str) -> Explanation:
        asked.append(name)
        return explained(name, 1)

    find_doors(tuple(map(str, range(500))), explain)
    assert len(asked) == LOOKED_AT


def test_without_sessions_there_are_no_doors() -> None:
    assert find_doors((), KNOWN.__getitem__) == ()
