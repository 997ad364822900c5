"""Explore in a real browser: by mouse, by keys alone, by link, on a phone, and with the tour."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.visits import fits_width, settled, until, visit

HEADS = ".sr-heads[data-painted]"


def open_explore(page: Page, dashboard: str, link: str = "") -> None:
    visit(page, f"{dashboard}/explore?{link}")
    page.wait_for_selector(HEADS)
    settled(page)


def query(page: Page) -> str:
    return page.url.partition("?")[2]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def test_a_product_manager_finds_why_an_item_was_shown(dashboard: str, page: Page, complaints: list[str]) -> None:
    """From a session number to the sentence for the item that was asked about, and the event behind it."""
    open_explore(page, dashboard)
    box = page.get_by_label("Session", exact=True)
    box.fill("17")
    box.press("Enter")
    page.wait_for_url("**session=17*")
    settled(page)
    page.locator(".st-key-explain_item [role=radiogroup] label").nth(2).click()
    page.wait_for_url("**item=*")
    settled(page)
    answer = page.locator(".st-key-answer")
    expect(answer.get_by_text("Ranked number 3")).to_be_visible()
    assert answer.bounding_box()["y"] < 500  # type: ignore[index]  # before any scrolling
    expect(answer.get_by_text(re.compile("^checked")).first).to_be_visible()
    expect(page.locator(".st-key-first-look")).to_contain_text("First look: ")
    heaviest = page.locator(".sr-list tbody tr").first
    heaviest.get_by_role("button").click()
    event = int(str(heaviest.get_attribute("data-event"))) + 1
    expect(page.locator(".sr-strip li.sr-locked")).to_contain_text(f"event {event}")
    page.wait_for_url(f"**event={event}*")


def test_a_head_is_painted_before_the_server_has_heard_of_it(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17")
    page.context.set_offline(True)
    page.get_by_role("button", name=re.compile("^Layer 1 head 2")).click()
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 1 head 2")
    stage = page.locator("[data-head='6'] .sr-stage")
    stage.click(position={"x": 5, "y": 10})
    expect(page.locator(".sr-readout")).to_contain_text("Layer 1 head 2 adds")
    expect(page.locator(".sr-readout")).to_contain_text("because of event 1, ")
    page.context.set_offline(False)


def test_pointing_lights_up_the_same_event_in_heads_strip_and_list(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17")
    page.locator(".sr-strip li button").nth(1).hover()  # the last event but one
    lit = page.locator(".sr-list tr.sr-lit")
    count = page.locator(".sr-strip li").count()
    expect(lit).to_have_attribute("data-event", str(count - 2))
    expect(page.locator("[data-head='0'] .sr-weight")).to_have_text(re.compile(r"^[+−]\d+\.\d\d$"))
    page.get_by_role("heading", name="Ten recommendations").hover()
    expect(lit).to_have_count(0)


def test_by_keys_alone_through_the_heads(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17")
    page.locator(".sr-strip button[tabindex='0']").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('sr-stage')"):
            break
    focus = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focus) == "All 8 heads together"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focus) == "Layer 0 head 1"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    stage = page.locator("[data-head='1'] .sr-stage")
    expect(stage).to_have_attribute("aria-valuetext", re.compile("because of event 2, "))
    page.keyboard.press("Enter")
    page.wait_for_url("**event=2*")
    assert "head=0.1" in query(page)
    expect(page.locator(".sr-strip li.sr-locked")).to_contain_text("event 2")
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "event=" not in url)
    assert page.evaluate(focus) == "Layer 0 head 1"  # the page has run again, and the focus stayed


def test_a_copied_link_shows_the_same_heads_to_somebody_else(dashboard: str, page: Page, browser: Browser) -> None:
    open_explore(page, dashboard, "session=17&mode=expert")
    page.get_by_role("button", name="Whole maps").click()
    page.get_by_label("Keep the top share of attention").fill("60")
    page.get_by_role("button", name="max", exact=True).click()
    page.get_by_label("Include Layer 0 head 2 in the aggregate").uncheck()
    page.get_by_role("button", name=re.compile("^Layer 1 head 0")).click()
    page.locator("[data-head='4'] .sr-stage").click(position={"x": 4, "y": 60})
    for part in ("look=maps", "keep=60", "join=max", "heads=", "head=1.0", "event="):
        page.wait_for_url(f"**{part}*")
    settled(page)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    visit(somebody := context.new_page(), page.url)
    somebody.wait_for_selector(HEADS)
    settled(somebody)
    for part in (".sr-detail", ".sr-readout", ".sr-toolbar output"):
        expect(somebody.locator(part)).to_have_text(page.locator(part).inner_text(), use_inner_text=True)
    for name in ("Whole maps", "max"):
        expect(somebody.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    expect(somebody.get_by_label("Include Layer 0 head 2 in the aggregate")).not_to_be_checked()
    until(somebody, lambda: {*query(somebody).split("&")} == {*query(page).split("&")})
    context.close()


def test_going_back_brings_back_the_view(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17")
    for name, link in (("Layer 0 head 1", "head=0.1"), ("Layer 1 head 3", "head=1.3")):
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
        page.wait_for_url(f"**{link}*")
        settled(page)
    page.go_back()
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 0 head 1")


def test_another_theme_repaints_the_heads(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17&mode=expert&look=maps")
    canvas = page.locator("[data-head='0'] canvas")
    read = "canvas => [...canvas.getContext('2d').getImageData(60, 60, 1, 1).data].join()"
    before = canvas.evaluate(read)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: canvas.evaluate(read) != before)


def test_on_a_phone_one_head_and_a_picker(dashboard: str, phone: Page) -> None:
    open_explore(phone, dashboard, "session=17")
    shown = phone.locator(".sr-head:visible")
    expect(shown).to_have_count(1)
    phone.get_by_label("Head", exact=True).select_option(index=7)  # all together, then layer 0 and layer 1
    expect(shown).to_have_attribute("data-head", "6")
    expect(phone.locator(".sr-detail h3")).to_have_text("Layer 1 head 2")
    phone.wait_for_url("**head=1.2*")


def test_the_tour_goes_round_and_can_be_left_and_begun_again(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17")
    start = page.get_by_role("button", name="Tour")
    start.click()
    note = page.get_by_role("dialog", name="Tour of this page")
    headings = []
    while note.count():
        expect(note).to_be_in_viewport(ratio=0.99)
        headings.append(note.get_by_role("heading").inner_text())
        page.keyboard.press("Enter")  # the focus is on Next, and on Done at the end
    assert headings[0] == "A session"
    assert "What the heads attended to" in headings
    assert len(headings) == 7
    assert start.evaluate("node => node === document.activeElement")
    start.click()
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)


def test_the_link_can_be_copied(dashboard: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    open_explore(page := context.new_page(), dashboard, "session=17")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    context.close()


def test_a_session_of_ones_own_from_a_file(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard)
    page.get_by_role("button", name="Bring your own").click()
    lines = b"Clever Pumpkin\nThe Stolen Ledger=save\nHello, Acorn!\n"
    page.locator("[data-testid=stFileUploader] input").set_input_files(
        {"name": "mine.txt", "mimeType": "text/plain", "buffer": lines}
    )
    page.get_by_role("button", name="Explain this session").click()
    page.wait_for_url("**history=*")
    expect(page.locator(".sr-strip li")).to_have_count(3)
    expect(page.locator(".sr-strip li").nth(1)).to_contain_text("saved")


def test_two_sessions_side_by_side(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17&mode=expert")
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Pin this view").click()
    expect(page.locator(HEADS)).to_have_count(2)
    page.locator(".sr-strip").first.locator("li button").nth(0).hover()
    expect(page.locator(".sr-strip li.sr-lit")).to_have_count(2)  # the same event in both
    page.get_by_role("button", name="Next →").click()
    page.wait_for_url(lambda url: "session=17&" not in url)
    expect(page.locator(HEADS)).to_have_count(2)
    fits_width(page)
