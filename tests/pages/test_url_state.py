"""URL parameters of all pages: each declared once, and cleared by the change of what it depends on."""

from __future__ import annotations

import re
from pathlib import Path

from pages.ui.url_state import declared, dependents

PAGES = Path(__file__).resolve().parents[2] / "pages"


def test_no_two_pages_declare_the_same_parameter() -> None:
    files = [PAGES / "ui" / "url_state.py", *PAGES.glob("*/url.py")]
    names = [name for file in files for name in re.findall(r'url_param\("([^"]+)"', file.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(declared())


def test_a_parameter_is_cleared_by_declared_ones_only_and_never_by_itself() -> None:
    for name, cleared_by in declared().items():
        assert set(cleared_by) <= set(declared()) - {name}


def test_another_data_set_clears_all_that_names_a_part_of_the_one_before() -> None:
    stay = {"mode", "demo", "code", "reader", "look", "keep", "join", "scale", "quantity", "metric", "measure"}
    stay |= {"slices", "view", "at", "listed", "lies", "question", "study", "show", "detail"}
    assert set(dependents("data")) == set(declared()) - stay - {"data"}


def test_what_clears_a_parameter_clears_what_depends_on_that_parameter_too() -> None:
    for name in declared():
        for dependent in dependents(name):
            followers = set(dependents(dependent)) - {name}
            if dependent in ("session", "history", "item"):
                assert followers <= set(dependents(name))
