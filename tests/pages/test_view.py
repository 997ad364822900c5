"""How heads are shown: what a link may say, what a browser may send, and that zero is a number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.explore.attention_view import (
    JOINS,
    QUANTITIES,
    SCALES,
    AttentionView,
    Shape,
    from_browser,
    from_link,
    to_link,
)
from pages.explore.url import VIEW_PARAMS

SHAPE = Shape(layers=2, heads=4, events=16)

views = some.builds(
    AttentionView,
    head=some.none() | some.integers(0, 7),
    event=some.none() | some.integers(0, 15),
    row=some.none() | some.integers(0, 15),
    keep=some.integers(10, 100),
    heads=some.none() | some.sets(some.integers(0, 7), min_size=1).map(lambda heads: tuple(sorted(heads))),
    join=some.sampled_from(JOINS),
    scale=some.sampled_from(SCALES),
    quantity=some.sampled_from(QUANTITIES),
)


@given(views)
def test_a_link_brings_back_every_view(view: AttentionView) -> None:
    written = {name: text for name, text in to_link(view, SHAPE).items() if text is not None}
    assert from_link(written, SHAPE) == (view, ())


def test_the_default_view_is_not_in_the_link() -> None:
    assert set(to_link(AttentionView(), SHAPE).values()) == {None}
    assert set(to_link(AttentionView(), SHAPE)) == set(VIEW_PARAMS)


def test_the_first_head_and_the_first_event_are_not_lost() -> None:
    view = AttentionView(head=0, event=0, row=0, heads=(0,))
    written = to_link(view, SHAPE)
    assert (written["head"], written["event"], written["row"], written["heads"]) == ("0.0", "1", "1", "0.0")
    assert from_link({name: text for name, text in written.items() if text}, SHAPE)[0] == view


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("head", "2.0"),
        ("head", "0.4"),
        ("head", "1"),
        ("head", "-1.0"),
        ("head", ""),
        ("event", "0"),
        ("event", "17"),
        ("event", "1" * 6000),
        ("event", "²"),
        ("row", "x"),
        ("keep", "0"),
        ("keep", "101"),
        ("heads", ""),
        ("heads", "0.0,9.9"),
        ("join", "sum"),
        ("join", "reading"),
        ("quantity", "weight"),
        ("scale", "None"),
    ],
)
def test_what_is_not_available_is_named_and_keeps_its_default(name: str, text: str) -> None:
    view, (fault,) = from_link({name: text}, SHAPE)
    assert view == AttentionView()
    assert repr(text[:40]) in fault


@given(views)
def test_a_browser_sends_what_it_was_sent(view: AttentionView) -> None:
    sent = view.plain()
    sent["heads"] = None if view.heads is None else list(view.heads)  # JSON knows no tuples
    assert from_browser(sent, SHAPE) == view


GOOD = AttentionView(head=3).plain()


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        "row",
        {},
        GOOD | {"more": 1},
        {name: value for name, value in GOOD.items() if name != "keep"},
        GOOD | {"head": 8},
        GOOD | {"head": -1},
        GOOD | {"head": True},
        GOOD | {"head": 1.0},
        GOOD | {"head": "1"},
        GOOD | {"event": 16},
        GOOD | {"row": [0]},
        GOOD | {"keep": 5},
        GOOD | {"keep": 101},
        GOOD | {"keep": None},
        GOOD | {"heads": []},
        GOOD | {"heads": [0, 8]},
        GOOD | {"heads": [False]},
        GOOD | {"heads": "01"},
        GOOD | {"scale": "<script>"},
        GOOD | {"join": 1},
        GOOD | {"scale": ["own"]},
        GOOD | {"quantity": None},
    ],
)
def test_anything_else_that_a_browser_sends_is_ignored(bad: Any) -> None:
    assert from_browser(bad, SHAPE) is None


def test_heads_sent_twice_count_once() -> None:
    assert from_browser(GOOD | {"heads": [5, 2, 5]}, SHAPE) == replace(AttentionView(head=3), heads=(2, 5))
