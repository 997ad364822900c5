"""Compare and Heads in a real browser, on the shipped models: links into Explore, accessibility, a phone's width."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.visits import fits_width, serious, settled, visit


def test_an_engineer_finds_where_two_models_differ_and_opens_one_session(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    visit(page, f"{dashboard}/compare?mode=expert&one=streamrec-transformer&other=item neighbours")
    expect(page.get_by_role("heading", name="Lift over a reference")).to_be_visible()
    settled(page)
    expect(page.locator(".st-key-slices .js-plotly-plot .scatterlayer .trace").first).to_be_attached()
    opened = page.get_by_role("link", name=re.compile("streamrec-transformer: rank")).first
    rank = re.search(r"rank (\d+)", opened.inner_text())
    assert rank is not None
    opened.click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    page.wait_for_url("**model=streamrec-transformer*")
    came_next = page.locator(".sr-ten button", has_text="came next")
    expect(came_next.locator(".sr-ten-rank")).to_have_text(rank[1])


def test_a_copied_link_shows_the_same_list_and_page_in_another_browser(
    dashboard: str, page: Page, browser: Browser
) -> None:
    visit(page, f"{dashboard}/compare?models=streamrec-transformer,popularity")
    page.get_by_role("radio", name="Only popularity is correct").click()
    page.wait_for_url("**listed=second*")
    settled(page)
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page).to_have_url(re.compile("leaf=2"))
    settled(page)
    shown = page.locator("[class*=st-key-disagreement-]").first.inner_text()
    other = browser.new_context()
    visit(copied := other.new_page(), page.url)
    expect(copied.locator("[class*=st-key-disagreement-]").first).to_have_text(
        re.compile(re.escape(shown.splitlines()[0]))
    )
    other.close()


@pytest.mark.parametrize(
    ("path", "last"),
    [("compare", "Where two models disagree"), ("heads?mode=expert&sample=250", "Head types during training")],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_raise_no_serious_barrier_and_fit_a_phone(
    dashboard: str, browser: Browser, path: str, last: str, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit(page := context.new_page(), f"{dashboard}/{path}")
    expect(page.get_by_role("heading", name=last)).to_be_visible()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    settled(page)
    assert serious(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    fits_width(page)
    context.close()
