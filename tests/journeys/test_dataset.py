"""An uploaded log in a real browser: imported without its bad row, browsed, opened in Explore, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.visits import fits_width, serious, settled, until, visit

VIEWS = ("holds", "sessions", "change")
LOG = "session,item,time,genre,title\n" + "".join(
    f"visit{row},i{(row + step) % 9},{1_700_000_000 + row * 60 + step},{'Crime' if (row + step) % 2 else 'Drama'},"
    f"Title {(row + step) % 9}\n"
    for row in range(30)
    for step in range(3 + row % 4)
)
TORN = LOG + "visit3,,1700000000,Crime,Torn\n"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    settled(page)


def test_a_log_is_imported_browsed_opened_and_deleted(dashboard: str, page: Page, complaints: list[str]) -> None:
    visit(page, f"{dashboard}/dataset?show=change")
    page.get_by_text("Upload", exact=True).click()
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "journey.csv", "mimeType": "text/csv", "buffer": TORN.encode()})
    press(page, "Import")
    expect(page.get_by_text("has 1 row that cannot be used")).to_be_visible()
    press(page, "Skip 1 row and import")
    press(page, "Open data set")
    page.wait_for_url("**data=journey*")

    _click_a_category(page)
    page.wait_for_url("**category=*")
    settled(page)
    page.get_by_text("Sessions", exact=True).first.click()
    page.wait_for_url("**show=sessions*")
    settled(page)
    page.get_by_role("spinbutton", name="Min. events").fill("4")
    page.get_by_role("spinbutton", name="Min. events").press("Enter")
    page.wait_for_url("**least=4*")
    settled(page)
    listed = page.get_by_role("link", name="in Explore")
    session = listed.first.inner_text()
    listed.first.click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    page.wait_for_url(f"**session={session.split()[2]}*")
    page.wait_for_url("**data=journey*")

    visit(page, f"{dashboard}/dataset?show=change&data=journey")
    press(page, "Delete …")
    press(page, "Delete for good")
    expect(page.get_by_text("is a preset and cannot be deleted")).to_be_visible()
    visit(page, f"{dashboard}/dataset?data=journey")
    expect(page.get_by_text("Data set not found")).to_be_visible()


def _click_a_category(page: Page) -> None:
    """Click the lowest bar of the chart below the heading, once the chart shows that it feels the pointer."""
    chart = page.get_by_role("heading", name="Category").locator("xpath=following::*[@data-testid='stPlotlyChart'][1]")
    bar = chart.locator(".barlayer .point path").first
    bar.wait_for(state="attached")
    bar.scroll_into_view_if_needed()
    settled(page)

    def hovered() -> bool:
        box = bar.bounding_box()
        if box is not None:
            page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
        return page.locator(".hoverlayer .hovertext").is_visible()

    until(page, hovered)
    page.mouse.down()
    page.mouse.up()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_is_ours(dashboard: str, browser: Browser, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for view in VIEWS:
        visit(page, f"{dashboard}/dataset?show={view}")
        expect(page.get_by_role("heading", name="Data set", exact=True)).to_be_visible()
        settled(page)
        assert serious(page) == {}, view
    context.close()


def test_a_phone_scrolls_one_way_only(dashboard: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    for view in VIEWS:
        visit(page, f"{dashboard}/dataset?show={view}")
        expect(page.get_by_role("heading", name="Data set", exact=True)).to_be_visible()
        settled(page)
        fits_width(page)
    context.close()
