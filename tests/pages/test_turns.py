"""As many explanations are computed at the same moment as there are cores, whoever asks for them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import streamlit as st

from pages.debug import cached as debug_cached
from pages.explore import cached as explore_cached
from pages.explore.explained_view import ExplainedView
from pages.ui import cached as ui_cached
from pages.ui import turns
from pages.ui.turns import turn_to_compute
from pages.ui.workbench import Workbench, open_workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import compact

PATIENCE = 20


class Meeting:
    """Stands in for a computation; knows how many were at it at the same moment, which two reach and no third one."""

    def __init__(self) -> None:
        self.most = self._now = self.calls = 0
        self._changed = threading.Condition()

    def __call__(self, *_: Any, **__: Any) -> str:
        """Wait until a second one is here; the last may be alone."""
        with self._changed:
            self.calls += 1
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most > 1, PATIENCE)
            self._changed.wait(0.05)  # time for a third one to come in, if it can
            self._now -= 1
        return "computed"


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is computed yet; what stands in for a result is gone afterwards."""
    st.cache_resource.clear()
    monkeypatch.setattr(turns, "_turns", threading.BoundedSemaphore(2))
    yield
    st.cache_resource.clear()


def ask_all(requests: list[Callable[[], object]]) -> None:
    """A visitor each, all at once."""
    visitors = [threading.Thread(target=request, daemon=True) for request in requests]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(PATIENCE)
        assert not visitor.is_alive(), "a visitor still waits"


def take_turns(*benches: Workbench) -> None:
    """All of them at the same moment."""
    with ExitStack() as turn:
        for bench in benches:
            turn.enter_context(turn_to_compute(bench))


def explanations(bench: Workbench) -> list[Callable[[], object]]:
    return [lambda row=row: ui_cached.explanation(bench, str(row), None) for row in range(6)]


def explanations_of_histories(bench: Workbench) -> list[Callable[[], object]]:
    history = compact(bench.dataset.log.session(0), bench.dataset.catalogue)
    return [lambda item=item: explore_cached.explanation_of_history(bench, history, item) for item in range(6)]


def views(bench: Workbench) -> list[ExplainedView]:
    ids = bench.dataset.log.session_ids[:6]
    return [ExplainedView(bench, ui_cached.explanation(bench, each, None), each) for each in ids]


def checks(bench: Workbench) -> list[Callable[[], object]]:
    return [lambda view=view: explore_cached.verified(view) for view in views(bench)]


def contrasts(bench: Workbench) -> list[Callable[[], object]]:
    return [lambda view=view: explore_cached.contrast(view, 0, view.explanation) for view in views(bench)]


def what_ifs(bench: Workbench) -> list[Callable[[], object]]:
    return [lambda row=row: debug_cached.what_if(bench, str(row), "remove.1") for row in range(6)]


def checked_what_ifs(bench: Workbench) -> list[Callable[[], object]]:
    ids = bench.dataset.log.session_ids[:6]
    return [lambda each=each: debug_cached.whatif_checked(bench, each, "remove.1") for each in ids]


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(
    ("module", "name", "requests"),
    [
        (ui_cached, "explain_session", explanations),
        (explore_cached, "explain", explanations_of_histories),
        (explore_cached, "verify", checks),
        (explore_cached, "explain_contrast", contrasts),
        (debug_cached, "make_edits", what_ifs),
        (debug_cached, "checked_sentences", checked_what_ifs),
    ],
)
def test_six_visitors_on_two_cores_compute_two_at_a_time(
    module: Any,
    name: str,
    requests: Callable[[Workbench], list[Callable[[], object]]],
    world: DataSet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computations = requests(open_workbench("tiny", "a-transformer"))
    meeting = Meeting()
    monkeypatch.setattr(module, name, meeting)
    ask_all(computations)
    assert (meeting.calls, meeting.most) == (6, 2)


@pytest.mark.usefixtures("two_cores")
def test_an_error_gives_its_turn_back(world: DataSet) -> None:
    bench = open_workbench("tiny", "a-transformer")
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turn_to_compute(bench):
            _ = 1 / 0
    ask_all([lambda: take_turns(bench, bench)])


def test_nobody_waits_for_a_model_of_another_library(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_turns", threading.BoundedSemaphore(1))
    in_process = open_workbench("tiny", "a-transformer")
    monkeypatch.setattr(Workbench, "foreign", property(lambda bench: bench is not in_process))
    other = open_workbench("tiny", "b-lstm")
    ask_all([lambda: take_turns(other, other, in_process, other)])


def test_there_are_as_many_turns_as_cores_that_the_server_may_use() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert cores == turns.CORES
    taken = [turns._turns.acquire(blocking=False) for _ in range(turns.CORES + 1)]
    for _ in range(sum(taken)):
        turns._turns.release()
    assert taken == [True] * turns.CORES + [False]
