"""Visits in a real browser: from the overview through a door to an explanation, by link, and on a phone."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

READY = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 90_000
DRAWN = ".js-plotly-plot .main-svg, .sr-heads[data-painted]"
# Streamlit's own: the groups of the sidebar are lists inside list items of other lists.
STREAMLITS_OWN = {"list", "listitem"}
# On a deep link Streamlit asks for its own address below the page's path first, then at the root.
PROBES = ("_stcore/health", "_stcore/host-config")


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complained of; nothing, at the end of each visit."""
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(PROBES):
            found.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def visit(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)


def settled(page: Page) -> None:
    page.wait_for_selector(READY, timeout=PATIENCE)


def serious(page: Page) -> dict[str, Any]:
    """Serious findings of axe that are ours."""
    violations = Axe().run(page).response["violations"]
    return {
        finding["id"]: [node["html"][:200] for node in finding["nodes"]]
        for finding in violations
        if finding["impact"] in ("serious", "critical") and finding["id"] not in STREAMLITS_OWN
    }


def test_a_product_manager_goes_through_the_door_and_reads_why(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    visit(page, dashboard)
    expect(page.get_by_role("heading", name="Look inside a recommendation")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Open session").first.click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=PATIENCE)
    settled(page)
    expect(page.locator(".st-key-answer").get_by_text(re.compile("^checked")).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-first-look")).to_contain_text("First look: ")
    expect(page.locator(".sr-strip li").first).to_be_visible()
    expect(page.locator(".st-key-explain_item").get_by_role("radio")).to_have_count(10)
    expect(page.locator(".sr-heads[data-painted] .sr-head:not(.sr-joint) canvas")).to_have_count(8)


def test_a_copied_link_shows_the_same_view_to_somebody_else(
    dashboard: str, page: Page, browser: Browser, complaints: list[str]
) -> None:
    visit(page, f"{dashboard}/explore")
    page.get_by_role("button", name="Next").click()
    settled(page)
    page.locator(".st-key-explain_item [role=radiogroup] label").nth(3).click()
    page.wait_for_url("**item=*", timeout=PATIENCE)
    settled(page)
    why = page.get_by_text("Why ").first.inner_text()
    session = page.get_by_label("Session", exact=True).input_value()
    other = browser.new_context()
    visit(somebody := other.new_page(), page.url)
    expect(somebody.get_by_text(why).first).to_be_visible(timeout=PATIENCE)
    expect(somebody.get_by_label("Session", exact=True)).to_have_value(session)
    other.close()


@pytest.mark.parametrize("stranger", ["frame", "ui", "nothing"])
def test_only_the_pages_of_the_frame_can_be_reached(dashboard: str, page: Page, stranger: str) -> None:
    visit(page, f"{dashboard}/{stranger}")
    expect(page.get_by_role("heading", name="Look inside a recommendation")).to_be_visible(timeout=PATIENCE)


def test_a_broken_link_names_what_is_missing(dashboard: str, page: Page, complaints: list[str]) -> None:
    visit(page, f"{dashboard}/explore?data=gone")
    expect(page.get_by_text("This link names a data set that is not here")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Show the usual data set").click()
    expect(page.get_by_role("heading", name="Ten recommendations")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("path", ["", "explore", "explore?mode=expert&look=maps&event=2&head=0.0"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_ours(dashboard: str, browser: Browser, path: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit(page := context.new_page(), f"{dashboard}/{path}")
    page.wait_for_selector(DRAWN, timeout=PATIENCE)
    settled(page)
    assert serious(page) == {}
    context.close()


@pytest.mark.parametrize("path", ["", "explore"])
def test_a_phone_scrolls_one_way_only(dashboard: str, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visit(page := context.new_page(), f"{dashboard}/{path}")
    page.wait_for_selector(DRAWN, timeout=PATIENCE)
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 1
    context.close()


def test_the_server_says_that_it_is_well_and_sends_its_headers(dashboard: str) -> None:
    with urllib.request.urlopen(f"{dashboard}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(dashboard) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
