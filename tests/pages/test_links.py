"""Links between pages: in every role and mode each leads to a page of the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import sign_in
from pages.ui.reach import is_open
from streamrec_core.permissions import Person, Role, identify_by
from tests.pages.conftest import FRAME

PAGES = FRAME.parent
Render = Callable[..., tuple[set[str], set[str]]]
EVERY = ("", "compare", "dataset", "debug", "explore", "heads", "report", "study", "training", "trust")
FOR_REGULATORS = ("", "compare", "explore", "heads", "report", "trust")
STATES = (
    ("overview/page.py", {}),
    ("explore/page.py", {"session": "s3"}),
    ("explore/page.py", {"session": "s3", "edits": "drop.1"}),
    ("trust/page.py", {}),
    ("debug/page.py", {"session": "s3", "section": "what-if", "edits": "drop.1"}),
    ("dataset/page.py", {}),
    ("training/page.py", {}),
    ("heads/page.py", {"model": "b-lstm"}),
    ("compare/page.py", {}),
    ("report/page.py", {}),
    ("study/page.py", {}),
    ("explore/page.py", {"data": "other"}),
    ("trust/page.py", {"data": "other", "model": "a-transformer"}),
)
"""Pages with the addresses at which they draw links; on `other` no model can be used."""
MODES: dict[str, tuple[dict[str, str], Role | None, tuple[str, ...]]] = {
    "viewer": ({}, Role.VIEWER, FOR_REGULATORS),
    "analyst": ({}, Role.ANALYST, EVERY),
    "admin": ({}, Role.ADMIN, EVERY),
    "read-only": ({"STREAMREC_READ_ONLY": "1"}, None, EVERY),
    "demonstration": ({"STREAMREC_DEMONSTRATION": "1"}, None, FOR_REGULATORS),
    "demonstration, signed in": ({"STREAMREC_DEMONSTRATION": "1"}, Role.ADMIN, FOR_REGULATORS),
    "raters only": ({"STREAMREC_RATERS_ONLY": "1"}, None, ()),
    "no role": ({}, Role.RATER, ()),
}
"""Environment, role, and the pages of the menu by address; the default page has none."""


@pytest.fixture
def render(monkeypatch: pytest.MonkeyPatch) -> Iterator[Render]:
    """Renders a page; gives the addresses of its links and those of the menu."""
    menu: set[str] = set()
    original = st.navigation

    def note(groups: dict[str, list[st.Page]], position: str = "sidebar") -> st.Page:
        menu.clear()
        if position != "hidden":
            menu.update(page.url_path for pages in groups.values() for page in pages if page.visibility == "visible")
        return original(groups, position=position)

    monkeypatch.setattr(st, "navigation", note)
    before = identify_by(sign_in.person)

    def rendered(page: str, link: dict[str, str]) -> tuple[set[str], set[str]]:
        visitor = AppTest.from_file(str(FRAME), default_timeout=60)
        if page != "overview/page.py":
            visitor.switch_page(page)
        for name, value in ({"data": "tiny"} | link).items():
            visitor.query_params[name] = value
        visitor.run()
        assert not visitor.exception, [fault.value for fault in visitor.exception]
        return {element.proto.page for element in visitor.get("page_link")}, set(menu)

    yield rendered
    identify_by(before)


@pytest.mark.parametrize("mode", MODES)
def test_every_link_leads_to_a_page_of_the_menu(
    other_world: object, render: Render, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    environment, role, expected = MODES[mode]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if role is not None:
        monkeypatch.setattr(sign_in, "person", lambda: Person("ana@shop.example", role))
    targets: set[str] = set()
    for page, link in STATES:
        links, menu = render(page, link)
        assert menu == set(expected)
        assert links <= menu, (page, link)
        targets |= links
    # without links this test would say nothing
    assert targets >= ({"debug", "training", "dataset"} if expected == EVERY else set(expected) & {"explore", "trust"})


def test_no_page_is_open_to_raters(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("STREAMREC_RATERS_ONLY", "1")
        assert not any(map(is_open, EVERY))
    monkeypatch.setattr(sign_in, "person", lambda: Person("", Role.RATER))
    assert not any(map(is_open, EVERY))


def test_links_are_drawn_by_the_helper_that_knows_roles_and_modes() -> None:
    drawn = [
        file.relative_to(PAGES).as_posix()
        for file in sorted(Path(PAGES).rglob("*.py"))
        if ".page_link(" in file.read_text(encoding="utf-8")
    ]
    assert drawn == ["ui/reach.py"]
