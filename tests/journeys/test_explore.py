"""Explore in a real browser: by mouse, by keys alone, by link, on a phone, and with the tour."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.visits import fits_width, ink_range, settled, until, visit

MATRIX = ".sr-matrix[data-painted]"
MAPS = ".sr-maps[data-painted]"
SENTENCE = ".st-key-answer strong >> nth=1"
ONE_SCREEN = ("answer", "ten", "session-strip", "heads")
"""Containers that are in view at once where the window is 1440 by 900 pixels."""
SESSIONS = {1: "history=6", 8: "session=188", 16: "session=396", 20: "session=491"}
"""Sessions by their number of events, those with long sentences."""


def open_explore(page: Page, dashboard: str, link: str = "") -> None:
    visit(page, f"{dashboard}/explore?{link}")
    page.wait_for_selector(MATRIX)
    page.wait_for_selector(SENTENCE)
    settled(page)


def open_detail(page: Page, name: str) -> None:
    """Press one of the details below the matrix."""
    page.locator(".st-key-detail").get_by_text(name, exact=True).click()
    page.wait_for_url("**detail=*")
    settled(page)


def query(page: Page) -> str:
    return page.url.partition("?")[2]


def row(page: Page, event: int) -> Locator:
    """The row of an event, counted from 1."""
    return page.locator(f".sr-matrix tr[data-event='{event - 1}']")


def bottom(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def test_a_product_manager_finds_why_an_item_was_shown(dashboard: str, page: Page, complaints: list[str]) -> None:
    """From a session number to the sentence for the title that was asked about, and the event behind it."""
    open_explore(page, dashboard)
    box = page.get_by_label("Session or title", exact=True)
    box.fill("17")
    box.press("Enter")
    page.wait_for_url("**session=17*")
    settled(page)
    third = page.locator(".sr-ten button").nth(2)
    title = third.locator(".sr-ten-title").inner_text()
    third.click()
    page.wait_for_url("**item=*")
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("rank 3 ·")
    assert f"Why {title}?\nrank 3 ·" in answer.inner_text().replace("\u2060", "")
    expect(answer.get_by_text(re.compile("^checked")).first).to_be_visible()
    expect(third).to_have_attribute("aria-checked", "true")
    expect(page.locator(".st-key-first-look")).to_contain_text("First look, unchecked: ")
    row(page, 3).locator("th").click()
    expect(row(page, 3)).to_have_class(re.compile("sr-locked"))
    page.wait_for_url("**event=3*")


def on_one_screen(page: Page, name: str) -> bool:
    box = page.locator(f".st-key-{name}").bounding_box()
    return box is not None and box["height"] > 20 and box["y"] >= 0 and box["y"] + box["height"] <= 900


@pytest.mark.parametrize("events", list(SESSIONS))
def test_answer_ten_session_and_heads_are_on_one_screen(dashboard: str, page: Page, events: int) -> None:
    open_explore(page, dashboard, SESSIONS[events])
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "false")
    expect(page.locator(".sr-matrix tbody tr")).to_have_count(events)
    for name in ONE_SCREEN:
        until(page, lambda name=name: on_one_screen(page, name))  # once what is drawn in frames has its height
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    fits_width(page)
    frame = page.locator(".sr-mx-frame")
    assert frame.evaluate("node => node.scrollHeight - node.clientHeight") <= 1  # no event is hidden


def test_choosing_another_title_moves_nothing_on_the_screen(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, SESSIONS[16])
    boxes = [page.locator(f".st-key-{name}").bounding_box() for name in ("answer", "ten")]
    option = page.locator(".sr-ten button").nth(4)
    option.click()
    expect(page.locator(".st-key-answer")).to_contain_text("rank 5 ·")
    settled(page)
    after = [page.locator(f".st-key-{name}").bounding_box() for name in ("answer", "ten")]
    assert [(box and box["x"], box and box["y"], box and box["width"]) for box in after] == [
        (box and box["x"], box and box["y"], box and box["width"]) for box in boxes
    ]
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    expect(option).to_be_focused()


def test_a_head_opens_to_its_full_map(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17")
    page.locator(".sr-matrix [data-head='6'] button").click()
    page.wait_for_url("**head=1.2*")
    page.wait_for_selector(MAPS)
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 1 head 2")
    expect(page.locator(".sr-maps .sr-stage canvas")).to_have_count(9)  # eight heads, and the enlarged one
    page.locator(".sr-matrix [data-head='1'] button").click()  # the maps follow without the server
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 0 head 1")
    page.locator(".sr-maps").get_by_role("button", name=re.compile("^Layer 1 head 3")).click()
    expect(page.locator(".sr-matrix [data-head='7']")).to_have_class(re.compile("sr-locked"))
    page.wait_for_url("**head=1.3*")


def test_a_map_is_painted_before_the_server_has_heard_of_it(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17&detail=maps")
    page.wait_for_selector(MAPS)
    page.context.set_offline(True)
    page.locator(".sr-maps").get_by_role("button", name=re.compile("^Layer 1 head 2")).click()
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 1 head 2")
    stage, readout = page.locator(".sr-maps [data-head='6'] .sr-stage"), page.locator(".sr-readout")

    def click_is_seen() -> bool:
        stage.click(position={"x": 2, "y": 2})  # misses where the page moves, as when Streamlit says that it is offline
        return "Layer 1 head 2 gives 100.0%" in readout.inner_text()

    until(page, click_is_seen)
    expect(readout).to_contain_text("Layer 1 head 2 gives 100.0%")
    expect(row(page, 1)).to_have_class(re.compile("sr-locked"))
    page.context.set_offline(False)


def test_pointing_highlights_the_same_event_in_matrix_maps_and_evidence(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17&detail=maps")
    page.wait_for_selector(MAPS)
    row(page, 11).locator("th").hover()
    expect(page.locator(".sr-list tr.sr-lit")).to_have_attribute("data-event", "10")
    expect(page.locator(".sr-mx-status")).to_contain_text("Event 11, ")
    page.get_by_role("heading", name="Explore").hover()
    expect(page.locator(".sr-list tr.sr-lit")).to_have_count(0)


def test_a_title_that_was_watched_is_lit_in_the_ten_too(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=396")
    again = page.locator(".sr-ten button", has=page.get_by_text("again", exact=True)).first
    expect(again.get_by_text("again", exact=True)).to_have_attribute("title", re.compile("^Seen before"))
    event = re.findall(r"event (\d+)", str(again.get_by_text("again", exact=True).get_attribute("title")))[0]
    row(page, int(event)).locator("th").hover()
    expect(again).to_have_class(re.compile("sr-lit"))


def test_by_keys_alone_from_the_search_to_an_edit_and_back(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard)
    page.get_by_label("Session or title", exact=True).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    page.wait_for_url("**session=17*")
    settled(page)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                break
            page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_be_visible()
        assert page.evaluate("selector => document.activeElement.matches(selector)", selector)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    tab_to(".sr-ten button")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**item=*")
    expect(page.locator(".st-key-answer")).to_contain_text("rank 2 ·")
    settled(page)
    assert page.evaluate("document.activeElement.matches('.sr-ten button')")  # the page ran, and the focus stayed
    tab_to(".sr-matrix tbody th")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sr-mx-status")).to_contain_text(re.compile("Layer 0 head 1 adds .* because of event 12, "))
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_url("**event=1*")
    expect(row(page, 1)).to_have_class(re.compile("sr-locked"))
    settled(page)
    assert page.evaluate("document.activeElement.matches('.sr-matrix td')")
    tab_to("[data-edit='remove.1']")
    page.keyboard.press("Enter")
    page.wait_for_url("**edits=remove.1*")
    expect(page.locator(".sr-mx-ghost")).to_have_count(1)
    settled(page)
    tab_to("[data-edit='undo']")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "edits=" not in url)
    expect(page.locator(".sr-mx-ghost")).to_have_count(0)


def test_an_event_is_taken_away_and_brought_back(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17")
    before = page.locator(".st-key-answer strong").nth(1).inner_text()
    row(page, 12).locator("th").click()
    page.get_by_role("button", name="Take event 12 away").click()
    page.wait_for_url("**edits=remove.12*")
    expect(page.locator(".sr-mx-ghost")).to_contain_text("The Signal at Copper Creek, Episode 1: The Bridge")
    expect(page.locator(".st-key-what-if")).to_contain_text("goes from rank 1 to rank 3,547")
    expect(page.locator(".sr-ten-before").first).to_be_visible()
    expect(page.locator(".st-key-answer strong").nth(1)).not_to_have_text(before)
    expect(page.locator(".sr-matrix tbody tr[data-event]")).to_have_count(11)
    expect(page.get_by_role("link", name="In Debug")).to_be_visible()
    row(page, 1).locator("th").click()
    page.get_by_label("What was done with event 1").select_option("click")
    page.wait_for_url("**engage.1.click*")
    expect(row(page, 1).locator(".sr-mx-mark")).to_have_text("clicked")
    page.get_by_role("button", name="Start over").click()
    page.wait_for_url(lambda url: "edits=" not in url)
    expect(page.locator(".st-key-answer strong").nth(1)).to_have_text(before)
    expect(page.locator(".sr-mx-ghost")).to_have_count(0)


def test_a_title_is_searched_for_with_a_typing_error(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard)
    box = page.get_by_label("Session or title", exact=True)
    box.fill("Beyond the Outpots")
    box.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Did you mean")
    expect(drawer.get_by_role("radio").first).to_be_checked()
    expect(drawer).to_contain_text("Recommended first")
    drawer.get_by_role("button", name=re.compile("^Session ")).first.click()
    page.wait_for_url("**item=*")
    expect(page.locator(".st-key-answer")).to_contain_text("Why Beyond the Outpost?")


def test_a_copied_link_shows_the_same_maps_to_somebody_else(dashboard: str, page: Page, browser: Browser) -> None:
    open_explore(page, dashboard, "session=17&mode=expert&detail=maps")
    page.wait_for_selector(MAPS)
    page.get_by_label("Keep the top share of attention").fill("60")
    page.locator(".sr-maps").get_by_role("button", name="max", exact=True).click()
    page.get_by_label("Include Layer 0 head 2 in the aggregate").uncheck()
    page.locator(".sr-maps").get_by_role("button", name=re.compile("^Layer 1 head 0")).click()
    page.locator(".sr-maps [data-head='4'] .sr-stage").click(position={"x": 4, "y": 60})
    for part in ("keep=60", "join=max", "heads=", "head=1.0", "event="):
        page.wait_for_url(f"**{part}*")
    settled(page)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    visit(somebody := context.new_page(), page.url)
    somebody.wait_for_selector(MAPS)
    settled(somebody)
    for part in (".sr-detail", ".sr-readout", ".sr-toolbar output"):
        expect(somebody.locator(part)).to_have_text(page.locator(part).inner_text(), use_inner_text=True)
    pressed = somebody.locator(".sr-maps").get_by_role("button", name="max", exact=True)
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(somebody.get_by_label("Include Layer 0 head 2 in the aggregate")).not_to_be_checked()
    until(somebody, lambda: {*query(somebody).split("&")} == {*query(page).split("&")})
    context.close()


def test_going_back_brings_back_the_view(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17&detail=maps")
    page.wait_for_selector(MAPS)
    for name, link in (("Layer 0 head 1", "head=0.1"), ("Layer 1 head 3", "head=1.3")):
        page.locator(".sr-maps").get_by_role("button", name=re.compile(f"^{name}")).click()
        page.wait_for_url(f"**{link}*")
        settled(page)
    page.go_back()
    expect(page.locator(".sr-detail h3")).to_have_text("Layer 0 head 1")


def test_another_theme_repaints_the_maps(dashboard: str, page: Page) -> None:
    open_explore(page, dashboard, "session=17&detail=maps")
    page.wait_for_selector(MAPS)
    canvas = page.locator(".sr-maps [data-head='0'] canvas")
    read = "canvas => [...canvas.getContext('2d').getImageData(60, 60, 1, 1).data].join()"
    before = canvas.evaluate(read)
    page.emulate_media(color_scheme="dark")
    until(page, lambda: canvas.evaluate(read) != before)


def test_on_a_phone_the_sentence_stays_and_the_ten_are_chips(dashboard: str, phone: Page) -> None:
    open_explore(phone, dashboard, "session=396")
    fits_width(phone)
    for part in (".st-key-answer", ".sr-ten button", ".sr-mx-corner", ".sr-mx-score"):
        assert ink_range(phone.locator(part).first) > 150, f"{part} cannot be read"
    chips = [chip.bounding_box() for chip in phone.locator(".sr-ten button").all()[:2]]
    assert chips[0] is not None
    assert chips[1] is not None
    assert chips[0]["y"] == chips[1]["y"]  # beside each other
    letters = phone.locator(".sr-matrix .sr-mx-letter")
    expect(letters.first).to_be_visible()
    phone.locator(".st-key-detail").scroll_into_view_if_needed()
    answer = phone.locator(".st-key-answer")
    expect(answer).to_be_in_viewport(ratio=0.99)
    assert bottom(answer) < 0.6 * 844  # most of what was scrolled to stays readable
    row(phone, 16).locator("th").tap()
    expect(phone.locator(".sr-mx-status")).to_contain_text("Event 16, ")
    fits_width(phone)


def test_on_a_phone_one_map_and_a_picker(dashboard: str, phone: Page) -> None:
    open_explore(phone, dashboard, "session=17&detail=maps")
    phone.wait_for_selector(MAPS)
    expect(phone.locator(".sr-maps canvas:visible")).to_have_count(2)  # the map and its axis
    phone.get_by_label("Head", exact=True).select_option(index=7)  # all together, then layer 0 and layer 1
    expect(phone.locator(".sr-detail h3")).to_have_text("Layer 1 head 2")
    phone.wait_for_url("**head=1.2*")
    fits_width(phone)


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
    assert "The session under every head" in headings
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
    page.get_by_role("button", name="Your own").click()
    page.get_by_role("tab", name="Paste or drop a file").click()
    lines = b"Clever Pumpkin\nThe Stolen Ledger=save\nHello, Acorn!\n"
    page.locator("[data-testid=stFileUploader] input").set_input_files(
        {"name": "mine.txt", "mimeType": "text/plain", "buffer": lines}
    )
    page.get_by_role("button", name="Explain this session").click()
    page.wait_for_url("**history=*")
    expect(page.locator(".sr-matrix tbody tr")).to_have_count(3)
    expect(row(page, 2)).to_contain_text("saved")


def test_a_session_of_ones_own_from_titles_that_are_suggested(
    dashboard: str, page: Page, complaints: list[str]
) -> None:
    open_explore(page, dashboard)
    page.get_by_role("button", name="Your own").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("combobox", name="Add a title")).to_be_visible()
    settled(page)
    for title in ("Clever Pumpkin", "The Stolen Ledger"):
        box, option = (
            drawer.get_by_role("combobox", name="Add a title"),
            page.get_by_role("option", name=title, exact=True),
        )
        # A run that ends meanwhile empties the box: type until the title is offered.
        until(page, lambda box=box, option=option, text=title[:9]: option.is_visible() or box.fill(text))
        option.click()
        expect(drawer.locator("strong", has_text=title)).to_be_visible()
        settled(page)  # the run that adds the title empties the box at its end
    drawer.get_by_role("button", name="Explain these titles").click()
    page.wait_for_url("**history=*")
    expect(page.locator(".sr-matrix tbody tr")).to_have_count(2)


def test_two_sessions_side_by_side(dashboard: str, page: Page, complaints: list[str]) -> None:
    open_explore(page, dashboard, "session=17&mode=expert&detail=model")
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Pin this view").click()
    expect(page.locator(MATRIX)).to_have_count(2)
    page.locator(".sr-matrix").first.locator("tr[data-event='0'] th").hover()
    expect(page.locator(".sr-matrix tr.sr-lit")).to_have_count(2)  # the same event in both
    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_url(lambda url: "session=17&" not in url)
    expect(page.locator(MATRIX)).to_have_count(2)
    fits_width(page)
