"""The first visitor of a server that nobody has visited: a link must not go around the frame (FACTS, section 2)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Serve
from tests.journeys.visits import visit


def test_a_deep_link_runs_inside_the_frame(serve: Serve, page: Page) -> None:
    visit(page, f"{serve()}/explore")
    expect(page.get_by_test_id("stSidebarUserContent").get_by_text("Data set", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()


def test_a_file_of_the_frame_is_no_page(serve: Serve, page: Page) -> None:
    visit(page, f"{serve()}/frame")
    expect(page.get_by_test_id("stSidebarUserContent").get_by_text("Data set", exact=True)).to_be_visible()
    pages = ["Overview", "Explore", "Trust", "Debug", "Data set", "Training", "Heads", "Compare", "Report", "Study"]
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_text(pages)
