"""Compare and Heads in a real browser, on the shipped models: a link leads into Explore, and nothing bars the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_first_visit import PATIENCE, complaints, serious, settled, visit

__all__ = ["complaints"]  # a fixture


def test_an_engineer_finds_where_two_models_differ_and_opens_one_session(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    visit(page, f"{dashboard}/compare?mode=expert&one=streamrec-transformer&other=item neighbours")
    expect(page.get_by_role("heading", name="Lift over a reference")).to_be_visible(timeout=PATIENCE)
    settled(page)
    expect(page.locator(".st-key-slices .js-plotly-plot .scatterlayer .trace").first).to_be_attached(timeout=PATIENCE)
    opened = page.get_by_role("link", name=re.compile("streamrec-transformer: rank")).first
    rank = re.search(r"rank (\d+)", opened.inner_text())
    assert rank is not None
    opened.click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=PATIENCE)
    settled(page)
    assert "model=streamrec-transformer" in page.url
    expect(page.get_by_text(f"rank {rank[1]}, among the ten")).to_be_visible(timeout=PATIENCE)


def test_a_copied_link_shows_the_same_list_and_page_in_another_browser(
    dashboard: str, page: Page, browser: Browser
) -> None:
    visit(page, f"{dashboard}/compare?models=streamrec-transformer,popularity")
    page.get_by_role("radio", name="Only popularity is correct").click(timeout=PATIENCE)
    settled(page)
    page.get_by_role("button", name="Page 2", exact=True).click(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("leaf=2"), timeout=PATIENCE)
    settled(page)
    seen = page.locator("[class*=st-key-disagreement-]").first.inner_text()
    other = browser.new_context()
    visit(copied := other.new_page(), page.url)
    expect(copied.locator("[class*=st-key-disagreement-]").first).to_have_text(
        re.compile(re.escape(seen.splitlines()[0])), timeout=PATIENCE
    )
    other.close()


@pytest.mark.parametrize(
    ("path", "last"),
    [("compare", "Where two models disagree"), ("heads?mode=expert&sample=250", "How the types formed")],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_they_raise_no_serious_barrier_and_fit_a_phone(
    dashboard: str, browser: Browser, path: str, last: str, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit(page := context.new_page(), f"{dashboard}/{path}")
    expect(page.get_by_role("heading", name=last)).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector(".js-plotly-plot .main-svg", timeout=PATIENCE)
    settled(page)
    assert serious(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 1
    context.close()
