"""Titles that try to be links, images, scripts and formulas, in a real browser: they stay text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Serve
from tests.journeys.visits import visit
from tests.pages.tiny_world import HOSTILE, build_world

# Elements that only a title could have brought in; the page's own links are those of Streamlit's navigation.
BROUGHT_IN = ", ".join(
    (
        "a[href*='javascript']",
        "a[href*='example.org']",
        "img[src*='example.org']",
        "img[src='x']",
        ".katex",
        "script",
    )
)


@pytest.fixture
def served(workspace: Path, tmp_path: Path, serve: Serve) -> str:
    checkpoints = tmp_path / "checkpoints"
    build_world(checkpoints)
    return serve(STREAMREC_CHECKPOINTS=str(checkpoints))


def test_nothing_of_a_title_runs_loads_or_is_formatted(served: str, page: Page) -> None:
    alarms: list[str] = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on(
        "request",
        lambda sent: sent.url.startswith(("http://127.0.0.1", "ws:", "data:", "blob:")) or alarms.append(sent.url),
    )
    seen = ""
    for session in ("s0", "s1", "s2"):
        visit(page, f"{served}/explore?data=tiny&session={session}&mode=expert&detail=maps&event=1")
        page.wait_for_selector(".sr-maps[data-painted]")
        seen += text_of(page)
        visit(page, f"{served}/explore?data=tiny&session={session}&mode=expert&detail=export&edits=remove.1")
        page.wait_for_selector(".js-plotly-plot .heatmaplayer", state="attached")
        page.wait_for_selector(".sr-matrix[data-painted] .sr-mx-ghost")
        seen += text_of(page)
    assert alarms == []
    assert [title for title in HOSTILE if " ".join(title.split()) not in seen] == []


def text_of(page: Page) -> str:
    """What a reader sees of a page on which nothing stands that only a title could have brought in."""
    main = page.get_by_test_id("stMain")
    assert main.locator(BROUGHT_IN).count() == 0
    return main.inner_text().replace("\u2060", "")
