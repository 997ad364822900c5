"""The proof in a real browser: sentences light up their events, a change is tried, titles are held against others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_explore import open_explore
from tests.journeys.visits import fits_width, serious, settled, until, visit

CLAIMS = ".st-key-checked .sr-claims-root[data-drawn]"
BARS = ".sr-evidence-root[data-drawn]"
CHANGE = ".st-key-change .sr-claim-text"


def open_proof(page: Page, dashboard: str, link: str = "session=17") -> None:
    open_explore(page, dashboard, f"{link}&detail=evidence")
    page.wait_for_selector(CLAIMS)
    page.wait_for_selector(BARS)
    settled(page)


def test_a_sentence_lights_up_its_events_and_opens_what_was_measured(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    open_proof(page, dashboard)
    first = page.locator(f"{CLAIMS} .sr-claim").first
    first.get_by_role("button").click()
    expect(first.locator("dl")).to_contain_text("Lower with random events left out")
    events = first.locator("dd").first.inner_text().split(", ")
    expect(page.locator(".sr-matrix tr.sr-same")).to_have_count(len(events))
    lit = page.locator(".sr-evidence li.sr-same")
    assert sorted(int(str(line.get_attribute("data-event"))) + 1 for line in lit.all()) == sorted(map(int, events))
    page.wait_for_url("**clause=1*")
    visit(again := page.context.new_page(), page.url)
    expect(again.locator(f"{CLAIMS} .sr-claim.sr-open dl")).to_be_visible()
    first.get_by_role("button").first.click()
    page.wait_for_url(lambda url: "clause=" not in url)
    page.get_by_role("heading", name="Explore").hover()  # what the pointer rests on stays lit
    expect(page.locator(".sr-matrix tr.sr-same")).to_have_count(0)


def test_the_sentence_at_the_top_is_worded_for_another_reader_too(dashboard: str, page: Page) -> None:
    """The choice is a fragment of its own, below; without the whole page the top would stay as it was."""
    open_explore(page, dashboard, "session=17&detail=wording")
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("Without ")
    page.locator(".st-key-wording").get_by_role("radio", name="Regulator").or_(
        page.locator(".st-key-wording").get_by_role("button", name="Regulator")
    ).first.click()
    page.wait_for_url("**reader=regulator*")
    expect(answer).to_contain_text("The recommendation was recomputed without ")


def test_what_would_change_the_answer_is_tried_with_one_click(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    open_explore(page, dashboard, "session=17&detail=change")
    counterfactual = page.locator(CHANGE)
    expect(counterfactual).to_contain_text("would not be among the first 10")
    instead = re.findall(r"'([^']+)' would come first", counterfactual.inner_text())[0]
    page.get_by_role("link", name="Try it: the top ten before and after").click()
    page.wait_for_url("**/debug?*edits=remove*")
    settled(page)
    expect(page.get_by_text(re.compile(f"First is now {re.escape(instead)}"))).to_be_visible()


def test_a_second_title_is_chosen_and_pointing_at_its_bars_highlights_the_matrix(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    open_proof(page, dashboard)
    box = page.locator(".st-key-rivals").get_by_role("combobox")
    option = page.get_by_role("option", name=re.compile("^2 · "))

    def opened() -> bool:
        """An open list closes when the page scrolls, as it may after the click."""
        if not option.is_visible():
            box.click()
        return option.is_visible()

    until(page, opened)
    option.click()
    page.wait_for_url("**rival=*")
    settled(page)
    card = page.locator(".st-key-evidence-card")
    expect(card.get_by_text("times as likely as").first).to_be_visible()
    line = page.locator(".sr-evidence li").first
    event = int(str(line.get_attribute("data-event"))) + 1
    line.get_by_role("button").hover()
    expect(page.locator(".sr-matrix tr.sr-lit")).to_have_attribute("data-event", str(event - 1))
    line.get_by_role("button").click()
    expect(page.locator(".sr-matrix tr.sr-locked")).to_have_attribute("data-event", str(event - 1))
    page.wait_for_url(f"**event={event}*")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('li') === document.querySelectorAll('.sr-evidence li')[1]")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_no_barrier_in_an_open_proof_and_a_phone_scrolls_one_way(
    dashboard: str, browser: Browser, scheme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    open_proof(page := context.new_page(), dashboard, "session=17&clause=3&reader=regulator")
    settled(page)
    assert serious(page) == {}
    fits_width(page)
    context.close()
