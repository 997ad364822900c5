"""Memory of the server: locks of forgotten results are dropped and free pages go back, again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Event

import pytest
import streamlit as st

from pages.ui import cache_locks, memory
from pages.ui.cache_locks import drop_free_locks
from pages.ui.shared_cache import shared_cache


@pytest.fixture(autouse=True)
def caches() -> Iterator[None]:
    """Begin and end without what other tests left in the caches."""
    drop_free_locks()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def number_of_locks() -> int:
    """Of all caches."""
    return sum(len(cache._value_locks) for cache in cache_locks._caches())


def test_a_cache_of_two_results_keeps_no_lock_of_two_hundred_sessions() -> None:
    computed: list[int] = []

    @shared_cache(max_entries=2, show_spinner=False)
    def double(number: int) -> int:
        computed.append(number)
        return 2 * number

    for number in range(200):
        double(number)
    assert number_of_locks() == 200, "Streamlit drops them by itself now: this file has nothing to mend"
    assert (drop_free_locks(), number_of_locks()) == (200, 0)
    assert (double(199), double(198), len(computed)) == (398, 396, 200), "what is kept is not computed again"
    assert (double(0), len(computed)) == (0, 201)


def test_results_that_are_copied_for_each_visitor_keep_none_either() -> None:
    @st.cache_data(max_entries=2, show_spinner=False)
    def double(number: int) -> int:
        return 2 * number

    assert [double(number) for number in range(3)] == [0, 2, 4]
    assert (drop_free_locks(), number_of_locks()) == (3, 0)


def test_a_lock_that_a_computation_holds_stays_and_the_next_visitor_waits_for_its_result() -> None:
    computed: list[str] = []
    began, may_end = Event(), Event()

    @shared_cache(max_entries=2, show_spinner=False)
    def slow(name: str) -> str:
        computed.append(name)
        began.set()
        may_end.wait(30)
        return name

    visitors = [threading.Thread(target=slow, args=("session",)) for _ in range(2)]
    visitors[0].start()
    assert began.wait(30)
    assert (drop_free_locks(), number_of_locks()) == (0, 1)
    visitors[1].start()
    may_end.set()
    for visitor in visitors:
        visitor.join(30)
    assert computed == ["session"]
    assert (drop_free_locks(), number_of_locks()) == (1, 0)


def test_a_streamlit_that_names_its_locks_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_locks, "_resource_caches", object())
    assert drop_free_locks() == 0


def test_both_are_done_every_ten_seconds_until_the_server_stops() -> None:
    waits: list[float | None] = []

    class ThriceThenStopped(Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return len(waits) > 3

    acts: list[str] = []
    memory._repeat((lambda: acts.append("drop"), lambda: acts.append("trim")), ThriceThenStopped())
    assert acts == ["drop", "trim"] * 3
    assert waits == [memory.SECONDS] * 4


@pytest.mark.parametrize(("trim", "acts"), [(None, 1), (lambda: True, 2)])
def test_the_server_does_so_in_a_thread_that_does_not_keep_it_from_stopping(
    trim: object, acts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, bool]] = []
    monkeypatch.setattr(memory, "trimmer", lambda: trim)
    monkeypatch.setattr(memory, "_repeat", lambda done, _: begun.append((len(done), threading.current_thread().daemon)))
    memory.give_memory_back()
    for thread in threading.enumerate():
        if thread.name == "memory":
            thread.join(30)
    assert begun == [(acts, True)]
