"""Visits in a real browser: from the overview through a door to an explanation, by link, and on a phone."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.explore.details import DETAILS
from tests.journeys.visits import fits_width, serious, settled, visit

OPENED = {
    "maps": ".sr-maps[data-painted]",
    "evidence": ".sr-evidence-root[data-drawn]",
    "change": ".st-key-change .sr-claim-text",
    "heads": ".js-plotly-plot .main-svg",
    "export": ".js-plotly-plot .heatmaplayer",
}
"""What stands on the page once a detail of Explore is drawn."""
DRAWN = ".js-plotly-plot .main-svg, .sr-matrix[data-painted]"


def test_a_product_manager_opens_an_example_session_and_reads_why(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    visit(page, dashboard)
    expect(page.get_by_role("heading", name="Why was this recommended?")).to_be_visible()
    page.get_by_role("link", name="Open it in Explore").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    settled(page)
    expect(page.locator(".st-key-answer").get_by_text(re.compile("^checked")).first).to_be_visible()
    expect(page.locator(".st-key-first-look")).to_contain_text("First look, unchecked: ")
    expect(page.locator(".sr-ten").get_by_role("radio")).to_have_count(10)
    expect(page.locator(".sr-matrix[data-painted] .sr-mx-head")).to_have_count(8)


def test_a_copied_link_shows_the_same_view_to_somebody_else(
    dashboard: str, page: Page, browser: Browser, complaints: list[str]
) -> None:
    visit(page, f"{dashboard}/explore")
    before = page.url
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_url(lambda url: url != before)
    settled(page)
    page.locator(".sr-ten button").nth(3).click()
    page.wait_for_url("**item=*")
    settled(page)
    why = page.get_by_text("Why ").first.inner_text()
    session = page.get_by_label("Session or title", exact=True).input_value()
    other = browser.new_context()
    visit(somebody := other.new_page(), page.url)
    expect(somebody.get_by_text(why).first).to_be_visible()
    expect(somebody.get_by_label("Session or title", exact=True)).to_have_value(session)
    other.close()


@pytest.mark.parametrize("stranger", ["frame", "ui", "nothing"])
def test_only_the_pages_of_the_frame_can_be_reached(dashboard: str, page: Page, stranger: str) -> None:
    visit(page, f"{dashboard}/{stranger}")
    expect(page.get_by_role("heading", name="Why was this recommended?")).to_be_visible()


def test_a_broken_link_names_what_is_missing(dashboard: str, page: Page, complaints: list[str]) -> None:
    visit(page, f"{dashboard}/explore?data=gone")
    expect(page.get_by_text("Data set not found")).to_be_visible()
    page.get_by_role("button", name="Use the default data set").click()
    expect(page.locator(".sr-ten").get_by_role("radio")).to_have_count(10)


@pytest.mark.parametrize("path", ["", "explore", "explore?mode=expert&event=2&head=0.0"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_ours(dashboard: str, browser: Browser, path: str, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit(page := context.new_page(), f"{dashboard}/{path}")
    page.wait_for_selector(DRAWN)
    settled(page)
    assert serious(page) == {}
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_in_any_detail_of_explore(dashboard: str, browser: Browser, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page, barriers = context.new_page(), {}
    for name in DETAILS:
        visit(page, f"{dashboard}/explore?session=396&edits=remove.3&mode=expert&detail={name}")
        page.wait_for_selector(f".st-key-detail-{name}")
        page.wait_for_selector(OPENED.get(name, DRAWN))
        settled(page)
        barriers |= {f"{name}: {rule}": nodes for rule, nodes in serious(page).items()}
    assert barriers == {}
    context.close()


@pytest.mark.parametrize("path", ["", "explore"])
def test_a_phone_scrolls_one_way_only(dashboard: str, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    visit(page := context.new_page(), f"{dashboard}/{path}")
    page.wait_for_selector(DRAWN)
    settled(page)
    fits_width(page)
    context.close()


@pytest.mark.parametrize("path", ["", "explore"])
def test_a_first_visit_downloads_no_text_font_and_less_than_a_megabyte(
    dashboard: str, browser: Browser, path: str
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    devtools, sizes, fonts = context.new_cdp_session(page), [], []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: fonts.append(request.url) if request.resource_type == "font" else None)
    devtools.send("Network.enable")
    visit(page, f"{dashboard}/{path}")
    settled(page)
    assert sum(sizes) < 1_000_000
    assert [url for url in fonts if "MaterialSymbols" not in url] == []
    context.close()


@pytest.mark.parametrize("path", ["", "explore?mode=expert", "dataset", "training", "report", "study"])
def test_every_icon_is_drawn_and_not_spelt(dashboard: str, page: Page, path: str) -> None:
    visit(page, f"{dashboard}/{path}")
    settled(page)
    page.evaluate("document.fonts.ready")
    icons = page.get_by_test_id("stIconMaterial")
    assert icons.count() > 0
    spelt = icons.evaluate_all(
        """(nodes) => nodes.filter((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          const width = range.getBoundingClientRect().width;
          return width > 1.5 * parseFloat(getComputedStyle(node).fontSize);
        }).map((node) => node.textContent)"""
    )
    assert spelt == []


def test_the_server_says_that_it_is_well_and_sends_its_headers(dashboard: str) -> None:
    with urllib.request.urlopen(f"{dashboard}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(dashboard) as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
