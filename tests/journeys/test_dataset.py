"""A log of one's own in a real browser: uploaded, asked about, browsed, opened in Explore, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_first_visit import complaints as complaints
from tests.journeys.test_first_visit import serious, settled, visit

PATIENCE = 90_000
VIEWS = ("holds", "sessions", "change")
LOG = "session,item,time,genre,title\n" + "".join(
    f"visit{row},i{(row + step) % 9},{1_700_000_000 + row * 60 + step},{'Crime' if (row + step) % 2 else 'Drama'},"
    f"Title {(row + step) % 9}\n"
    for row in range(30)
    for step in range(3 + row % 4)
)
TORN = LOG + "visit3,,1700000000,Crime,Torn\n"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click(timeout=PATIENCE)
    settled(page)


def test_a_log_is_imported_browsed_opened_and_deleted(dashboard: str, page: Page, complaints: list[str]) -> None:
    visit(page, f"{dashboard}/dataset?show=change")
    page.get_by_text("Upload", exact=True).click(timeout=PATIENCE)
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "journey.csv", "mimeType": "text/csv", "buffer": TORN.encode()}, timeout=PATIENCE)
    press(page, "Import")
    expect(page.get_by_text("has 1 row that cannot be used")).to_be_visible(timeout=PATIENCE)
    press(page, "Skip 1 row and import")
    press(page, "Open data set")
    page.wait_for_url("**data=journey*", timeout=PATIENCE)

    _click_a_category(page)
    page.wait_for_url("**category=*", timeout=PATIENCE)
    settled(page)
    page.get_by_text("Sessions", exact=True).first.click()
    settled(page)
    page.get_by_role("spinbutton", name="Min. events").fill("4")
    page.get_by_role("spinbutton", name="Min. events").press("Enter")
    page.wait_for_url("**least=4*", timeout=PATIENCE)
    settled(page)
    listed = page.get_by_role("link", name="in Explore")
    session = listed.first.inner_text()
    listed.first.click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=PATIENCE)
    assert session.split()[2] in page.url
    assert "data=journey" in page.url

    visit(page, f"{dashboard}/dataset?show=change&data=journey")
    press(page, "Delete …")
    press(page, "Delete for good")
    expect(page.get_by_text("is a preset and cannot be deleted")).to_be_visible(timeout=PATIENCE)
    visit(page, f"{dashboard}/dataset?data=journey")
    expect(page.get_by_text("This link names a data set that is not here")).to_be_visible(timeout=PATIENCE)


def _click_a_category(page: Page) -> None:
    """Click into the lowest bar of the chart below the heading."""
    chart = page.get_by_role("heading", name="Category").locator("xpath=following::*[@data-testid='stPlotlyChart'][1]")
    bar = chart.locator(".barlayer .point path").first
    bar.wait_for(state="attached", timeout=PATIENCE)
    bar.scroll_into_view_if_needed()
    settled(page)
    box = bar.bounding_box()
    assert box is not None
    centre = box["x"] + 20, box["y"] + box["height"] / 2
    page.mouse.move(*centre)
    expect(page.locator(".hoverlayer .hovertext")).to_be_visible(timeout=PATIENCE)
    page.mouse.click(*centre)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_ours(dashboard: str, browser: Browser, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for view in VIEWS:
        visit(page, f"{dashboard}/dataset?show={view}")
        expect(page.get_by_role("heading", name="Dataset")).to_be_visible(timeout=PATIENCE)
        settled(page)
        assert serious(page) == {}, view
    context.close()


def test_a_phone_scrolls_one_way_only(dashboard: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    for view in VIEWS:
        visit(page, f"{dashboard}/dataset?show={view}")
        expect(page.get_by_role("heading", name="Dataset")).to_be_visible(timeout=PATIENCE)
        settled(page)
        wider = page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth - main.clientWidth")
        assert wider <= 1, view
    context.close()
