"""An engineer trains for two epochs in a real browser: watches, reloads, stops, resumes, explains with the result."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from streamrec_core.training.process import live_process
from tests.journeys.conftest import Serve
from tests.journeys.visits import fits_width, serious, settled, visit
from tests.worlds import chain_dataset, written

RUN = "slow-transformer-additive"
CURVE = "[data-testid=stVegaLiteChart] svg"


@pytest.fixture
def served(workspace: Path, serve: Serve) -> Iterator[str]:
    """A dashboard with a data set that is small and, one session a step, slow to learn."""
    written(chain_dataset(sessions=500), workspace / "data" / "slow")
    yield serve(OMP_NUM_THREADS="1", STREAMREC_CHECKPOINTS=str(workspace / "none"))
    for run in (workspace / "runs").glob("[!.]*"):
        if (process := live_process(run)) is not None:
            os.kill(process.pid, signal.SIGKILL)


def set_number(page: Page, label: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    expect(page.get_by_text(re.compile("for all epochs"))).to_be_visible()
    settled(page)


def badge(page: Page, state: str) -> None:
    expect(page.get_by_test_id("stMain").get_by_text(state, exact=True).first).to_be_visible()


def test_an_engineer_trains_watches_reloads_stops_resumes_and_explains(
    served: str, page: Page, browser: Browser, complaints: list[str]
) -> None:
    visit(page, f"{served}/training?data=slow")
    set_number(page, "Epochs", 8)
    set_number(page, "Batch size", 1)
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(CURVE).first).to_be_visible()
    # the curve grows in place: the same element, with other points
    page.locator(CURVE).first.evaluate("curve => { curve.dataset.seen = 'before' }")
    before = page.get_by_test_id("stProgress").inner_text()
    expect(page.get_by_test_id("stProgress")).not_to_have_text(before)
    expect(page.locator(CURVE).first).to_have_attribute("data-seen", "before")
    page.reload()
    settled(page)
    badge(page, "running")
    # somebody else sees it, and sees it stop without doing anything
    other = browser.new_context()
    visit(somebody := other.new_page(), f"{served}/training?data=slow")
    badge(somebody, "running")
    page.get_by_role("button", name="Stop").click()
    badge(page, "stopped")
    badge(somebody, "stopped")
    other.close()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("stMain").get_by_text("done", exact=True).first).to_be_visible()
    assert serious(page) == {}
    page.get_by_role("link", name="Explore with it").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    expect(page.locator(".sr-ten").get_by_role("radio").first).to_be_visible()
    assert f"model={RUN}" in page.url


def test_the_form_fits_a_phone_in_the_dark(dashboard: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    visit(page := context.new_page(), f"{dashboard}/training")
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    settled(page)
    fits_width(page)
    assert serious(page) == {}
    context.close()
