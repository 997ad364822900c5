"""Where a data set has more test sessions than a page ranks, pages rank a sample of them and say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from pages.ui import cached
from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, press, words

NOTE = "Measured on 5 of 12 test sessions"


@pytest.fixture
def few_ranked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cached, "MOST_RANKED", 5)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_a_small_test_part_is_ranked_whole(world: DataSet) -> None:
    assert cached.ranked_split(world) is cached.dataset_split(world)
    assert len(cached.ranked_split(world).test) == 12


def test_the_sample_is_of_the_test_part_and_leaves_the_others_whole(world: DataSet, few_ranked: None) -> None:
    whole, ranked = cached.dataset_split(world), cached.ranked_split(world)
    assert len(ranked.test) == 5
    assert set(ranked.test.sessions) < set(whole.test.sessions)
    assert ranked.train is whole.train
    assert ranked.validation is whole.validation


@pytest.mark.parametrize("page", ["debug/page.py", "compare/page.py"])
def test_pages_say_over_how_many_sessions_they_measure(visit: Visit, few_ranked: None, page: str) -> None:
    assert NOTE in words(visit(page))


def test_the_search_says_among_how_many_sessions_it_looks(visit: Visit, few_ranked: None) -> None:
    visitor = press(visit(PAGE), "Find")
    assert "of 5 test sessions match" in words(visitor)
    assert NOTE in words(visitor)


def test_nothing_is_said_where_every_session_is_ranked(visit: Visit) -> None:
    assert "Measured on" not in words(visit("debug/page.py"))
