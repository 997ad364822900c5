"""An engineer finds the planted attention sink, tries a what-if on a miss, flags the case and opens it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from streamrec_core.diagnosis.flagged_cases import flagged_cases
from tests.diagnosis.sink_checkpoint import build_sink_world
from tests.journeys.conftest import Serve
from tests.journeys.visits import fits_width, serious, settled, visit


@pytest.fixture
def served(workspace: Path, tmp_path: Path, serve: Serve) -> str:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    build_sink_world(checkpoints)
    return serve(STREAMREC_CHECKPOINTS=str(checkpoints))


def test_from_an_attention_sink_to_a_flagged_case(served: str, page: Page, browser: Browser) -> None:
    visit(page, f"{served}/debug?data=sink")
    page.get_by_role("radio", name="Attention sinks").click()
    expect(page.get_by_text("Home page is an attention sink")).to_be_visible()
    page.wait_for_selector(".js-plotly-plot .scatterlayer", state="attached")
    settled(page)
    assert serious(page) == {}

    page.get_by_role("radio", name="Misses").click()
    page.get_by_role("button", name="Try a what-if").click()
    page.get_by_role("button", name="Apply edit").click()
    page.wait_for_url("**edits=remove.1*")
    expect(page.get_by_text("event 1 removed")).to_be_visible()
    settled(page)
    assert serious(page) == {}

    page.get_by_role("button", name="Flag this case").click()
    page.get_by_label("Note").fill("the home page again")
    page.get_by_role("button", name="Add to list").click()
    expect(page.get_by_text("added to the list, see")).to_be_visible()
    (case,) = flagged_cases()
    assert (case.note, case.link["edits"]) == ("the home page again", "remove.1")

    other = browser.new_context(viewport={"width": 390, "height": 844})
    visit(somebody := other.new_page(), f"{served}/debug?data=sink&section=cases")
    expect(somebody.get_by_text("the home page again")).to_be_visible()
    fits_width(somebody)
    somebody.get_by_role("link", name="Open again").click()
    expect(somebody.get_by_text("event 1 removed")).to_be_visible()
    fits_width(somebody)
    other.close()
