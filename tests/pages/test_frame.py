"""Frame around the pages: titles of browser tabs, the level of detail in the address, and what an unknown page says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import streamlit as st

from pages.ui.tab_title import tab_title
from pages.ui.times import when
from tests.pages.conftest import Visit
from tests.pages.test_overview import words


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Titles that the browser tab gets, in order."""
    set_titles: list[str] = []
    original = st.set_page_config

    def note(**config: Any) -> None:
        set_titles.append(config.get("page_title", ""))
        original(**config)

    monkeypatch.setattr(st, "set_page_config", note)
    return set_titles


def test_every_tab_says_which_page_it_shows_and_of_what(titles: list[str], visit: Visit) -> None:
    for page, title in (
        ("overview/page.py", "Overview - StreamRec"),
        ("explore/page.py", "Explore: session s3 - StreamRec"),
        ("trust/page.py", "Trust: a-transformer - StreamRec"),
        ("compare/page.py", "Compare - StreamRec"),
        ("dataset/page.py", "Data set: tiny - StreamRec"),
    ):
        visit(page, session="s3")
        assert titles[-1] == title


def test_a_long_subject_is_cut_and_stays_one_line(titles: list[str]) -> None:
    tab_title("Explore", "session\n" + "x" * 90)
    assert titles == ["Explore: session " + "x" * 51 + "… - StreamRec"]


def test_expert_stays_in_the_address_after_a_page_switch(visit: Visit) -> None:
    visitor = visit(mode="expert")
    visitor.switch_page("trust/page.py")
    visitor.query_params.clear()
    visitor.run()
    assert visitor.query_params["mode"] == "expert"
    visitor.segmented_control(key="choose_level").set_value("Simple").run()
    assert "mode" not in visitor.query_params


def test_a_moment_of_today_is_a_time_and_any_other_has_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.times._zone", lambda: UTC)
    now = datetime.now(UTC)
    assert when(now.timestamp()) == f"{now:%H:%M}"
    assert when(datetime(2021, 3, 5, 14, 3, tzinfo=UTC).timestamp()) == "5 Mar 2021 14:03"


def test_the_card_of_a_wrong_model_opens_the_data_that_it_was_trained_on(other_world: object, visit: Visit) -> None:
    visitor = visit("trust/page.py", data="other", model="a-transformer")
    assert "cannot be used with this data set" in words(visitor)
    visitor.button(key="open-right-data").click().run()
    assert (visitor.query_params["data"], visitor.query_params["model"]) == ("tiny", "a-transformer")
    assert "cannot be used" not in words(visitor)
