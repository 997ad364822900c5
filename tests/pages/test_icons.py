"""The small icon font: it holds every icon that can be shown, and gives way to the whole font in any doubt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from pages.ui import icons
from scripts.subset_icons import cut, glyphs_by_icon

LISTED = set(json.loads(icons.CONTENT.read_text(encoding="utf-8"))["icons"])
FONT = icons.streamlit_font()


def test_every_icon_of_a_page_is_in_the_small_font() -> None:
    assert len(icons.icons_of_pages()) > 10
    assert icons.icons_of_pages() <= LISTED, "run scripts/subset_icons.py"


def test_every_icon_that_streamlit_can_show_is_in_the_small_font() -> None:
    every = set(glyphs_by_icon(TTFont(FONT)))
    possible = icons.possible_icons_of_streamlit() & every
    assert {"close", "chevron_right", "keyboard_double_arrow_left", "content_copy", "upload", "more_vert"} <= possible
    assert possible <= LISTED, "run scripts/subset_icons.py"


def test_the_small_font_writes_the_icons_that_are_listed_and_no_other() -> None:
    assert set(glyphs_by_icon(TTFont(icons.SUBSET))) == LISTED
    assert icons.SUBSET.stat().st_size < FONT.stat().st_size / 4


def test_the_font_of_another_streamlit_is_sent_whole(tmp_path: Path) -> None:
    assert icons.subset_of(FONT) == icons.SUBSET.read_bytes()
    other = tmp_path / FONT.name
    other.write_bytes(FONT.read_bytes() + b"\0")
    assert icons.subset_of(other) is None


def test_a_page_with_an_icon_that_is_missing_gets_the_whole_font(monkeypatch: pytest.MonkeyPatch) -> None:
    icons.subset_of.cache_clear()
    monkeypatch.setattr(icons, "icons_of_pages", lambda: {"skateboarding"})
    assert icons.subset_of(FONT) is None
    icons.subset_of.cache_clear()


def test_an_icon_that_the_font_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(icons, "icons_of_pages", lambda: {"no_such_icon"})
    with pytest.raises(SystemExit, match="no_such_icon"):
        cut(FONT, tmp_path / "font.woff2")
