"""Scripts that a browser is told of with its first page: those that exist, each once, with all that they import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.ui import preload
from pages.ui.compression import STATIC


@pytest.fixture
def front_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A front end of few scripts in place of Streamlit's."""
    monkeypatch.setattr(preload, "SCRIPTS", tmp_path)
    preload.scripts.cache_clear()
    yield tmp_path
    preload.scripts.cache_clear()


def test_a_widget_brings_what_it_imports_at_once_and_not_what_it_may_import_later(front_end: Path) -> None:
    (front_end / "Html.a1.js").write_text(
        'import{a as b}from"./deep.b2.js";import"./bare.c3.js";()=>import("./later.js")'
    )
    (front_end / "deep.b2.js").write_text('import{c}from"./Html.a1.js";export{d}from"./deeper.d4.js";')
    (front_end / "Htmlish.e5.js").write_text("")
    assert preload.scripts() == ("Html.a1.js", "deep.b2.js", "bare.c3.js", "deeper.d4.js")


def test_a_page_names_each_script_once_before_its_head_ends(front_end: Path) -> None:
    (front_end / "Html.a1.js").write_text('import"./deep.b2.js"')
    page = preload.with_links(b'<head><link href="./static/js/deep.b2.js"></head><body></head>')
    assert page.count(b"deep.b2.js") == page.count(b'href="./static/js/Html.a1.js"') == 1
    assert page.index(b"Html.a1.js") < page.index(b"</head>")


def test_streamlit_has_every_part_and_every_script_of_it() -> None:
    preload.scripts.cache_clear()
    names = preload.scripts()
    assert {name.partition(".")[0] for name in names} >= set(preload.PARTS)
    assert all((STATIC / "static" / "js" / name).is_file() for name in names)
