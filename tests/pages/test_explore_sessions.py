"""Explore: which session it begins with, and the ways to another: next, random, a typed id."""

from __future__ import annotations

import pytest

from pages.ui.example_sessions import find_example_sessions
from pages.ui.session_split import split_sessions
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, data_of, expected, press, words


def test_it_begins_with_a_session_that_shows_something(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    begun = visitor.query_params["session"]
    examples = find_example_sessions(
        split_sessions(world.log, split(world)).test_ids, lambda session_id: expected(world, session_id)
    )
    assert begun == examples[0].session_id
    assert expected(world, begun).reasons


def test_next_and_previous_walk_through_the_test_sessions_only(visit: Visit, world: DataSet) -> None:
    first = split_sessions(world.log, split(world)).test_ids[0]
    visitor = visit(PAGE, session=first)
    assert "Test session 1 of 12" in words(visitor)
    press(visitor, "Next")
    assert "Test session 2 of 12" in words(visitor)
    press(visitor, "Previous")
    assert visitor.query_params["session"] == first
    press(visitor, "Previous")
    assert "Test session 12 of 12" in words(visitor)


def test_a_random_session_is_a_test_session(visit: Visit) -> None:
    visitor = visit(PAGE)
    press(visitor, "Random")
    assert "Test session" in words(visitor)


def test_random_opens_what_was_drawn_ahead_and_draws_again(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = split_sessions(world.log, split(world)).test_ids
    draws = iter((first, second, first))
    monkeypatch.setattr("pages.explore.choice.random.choice", lambda ids: next(draws))
    visitor = visit(PAGE)
    for session in (first, second):
        press(visitor, "Random")
        assert f"|{session}|" in data_of(visitor, "matrix")["key"]


def test_a_session_used_for_training_says_so(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    noted = "was trained on this session" in words(visitor)
    assert noted is ("Not a test session" in words(visitor))


def test_a_typed_session_id_is_opened(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value(" s5 ").run()
    assert visitor.query_params["session"] == "s5"


def test_a_session_that_is_not_there_is_named_and_leads_on(visit: Visit) -> None:
    visitor = visit(PAGE, session="nope")
    assert "This session cannot be shown" in words(visitor)
    assert "'nope'" in words(visitor)
    offered = visitor.main.button[-1].label
    visitor.main.button[-1].click().run()
    assert "Test session" in words(visitor)
    assert offered == f"Open test session {visitor.query_params['session']}"
