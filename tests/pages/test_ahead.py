"""Work ahead: what is likely to be chosen next is there when it is chosen, and nobody waits for it."""

from __future__ import annotations

import logging
import threading

import pytest

from pages.explore import cached, choice, neighbours
from pages.explore.neighbours import explain_neighbours
from pages.ui.ahead import MOST_VISITORS, Ahead, do
from pages.ui.workbench import open_workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, data_of, press


@pytest.fixture
def planner(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    """Plans that no thread works through, so that a test takes the pieces itself."""
    planner = Ahead()
    monkeypatch.setattr(planner, "_work", lambda: None)
    monkeypatch.setattr("pages.ui.ahead.GRACE_SECONDS", 0.0)
    planner.start()
    return planner


def taken(planner: Ahead) -> list[object]:
    """What all pieces give, in the order in which they are taken."""
    results = []
    while (piece := planner.next_piece()) is not None:
        results.append(piece())
    return results


def test_a_new_choice_replaces_what_was_planned_and_the_latest_visitor_comes_first(planner: Ahead) -> None:
    planner.plan("a", [lambda: "old"])
    planner.plan("b", [lambda: "b1", lambda: "b2"])
    planner.plan("a", [lambda: "new"])
    assert taken(planner) == ["new", "b1", "b2"]
    assert taken(planner) == []


def test_the_visitors_who_chose_long_ago_are_forgotten(planner: Ahead) -> None:
    for number in range(MOST_VISITORS + 5):
        planner.plan(str(number), [lambda number=number: number])  # type: ignore[misc]
    assert taken(planner) == list(range(MOST_VISITORS + 4, 4, -1))


def test_nothing_is_begun_while_a_page_is_drawn_nor_shortly_after(
    planner: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.plan("a", [lambda: "done"])
    with planner.held_back(), planner.held_back():
        assert planner.next_piece() is None
    monkeypatch.setattr("pages.ui.ahead.GRACE_SECONDS", 1000.0)
    assert planner.next_piece() is None
    monkeypatch.setattr("pages.ui.ahead.GRACE_SECONDS", 0.0)
    assert taken(planner) == ["done"]


def test_plans_are_ignored_until_the_server_starts() -> None:
    planner = Ahead()
    planner.plan("a", [lambda: "never"])
    assert planner.next_piece() is None


def test_the_thread_works_through_a_plan_and_outlives_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    planner, done = Ahead(), threading.Event()
    planner.start()
    planner.start()
    assert [thread.name for thread in threading.enumerate()].count("ahead") == 1
    with caplog.at_level(logging.ERROR):
        planner.plan("a", [lambda: 1 / 0, done.set])
        assert done.wait(60)
    assert "work ahead failed" in caplog.text


def test_what_a_page_will_say_itself_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> None:
        raise BadInput("no session")

    do(refused)
    assert caplog.text == ""


def test_another_title_and_the_next_session_are_explained_and_checked_when_they_are_chosen(
    visit: Visit, world: DataSet, planner: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "ahead", planner)
    visitor = visit(PAGE, session="s3")
    bench = open_workbench("tiny")
    shown = choice.view_of(bench, "s3", None, None)
    other = choice.view_of(bench, "s3", None, shown.explanation.recommendations[1].row)
    assert cached.seconds_of_check(other) is None
    for _ in ("explained", "added by the heads", "checked"):
        piece = planner.next_piece()
        assert piece is not None
        assert cached.seconds_of_check(other) is None
        piece()
    assert cached.seconds_of_check(other) is not None
    taken(planner)
    assert all(
        cached.seconds_of_check(choice.view_of(bench, "s3", None, item.row)) is not None
        for item in shown.explanation.recommendations
    )
    monkeypatch.setattr(cached, "verify", None)
    drawn = visitor.session_state["random_session"]
    visitor.button[1].click().run()  # next
    assert not visitor.exception
    assert visitor.query_params["session"] != ["s3"]
    press(visitor, "Random")
    assert not visitor.exception
    assert f"|{drawn}|" in data_of(visitor, "matrix")["key"]


def test_a_model_whose_check_is_slow_is_not_asked_ahead(
    visit: Visit, world: DataSet, planner: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "ahead", planner)
    monkeypatch.setattr(cached, "seconds_of_check", lambda explained: 2.0)
    visit(PAGE, session="s3")
    assert planner.next_piece() is None


def test_outside_of_a_visit_nothing_is_planned(world: DataSet, planner: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "ahead", planner)
    explain_neighbours(choice.view_of(open_workbench("tiny"), "s3", None, None))
    assert planner.next_piece() is None
