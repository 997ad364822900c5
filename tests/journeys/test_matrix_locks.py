"""Keys, locks, edits and focus of the matrix of Explore in a real browser, and what it tells Python of them."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from streamrec_core.explanation_view.payload import WORDS
from tests.journeys.planted_matrix import cell, mounted, payload, share


def test_the_gap_between_two_cells_changes_nothing_and_outside_of_the_rows_the_hint_is_back(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    status = matrix_page.locator(".sr-mx-status")
    cell(matrix_page, 2, 1).hover()
    sentence = status.inner_text()
    assert "event 3" in sentence
    box = cell(matrix_page, 2, 1).bounding_box()
    assert box is not None
    matrix_page.mouse.move(box["x"] + box["width"] + 1, box["y"] + box["height"] / 2)
    assert status.inner_text() == sentence
    cell(matrix_page, 2, 2).hover()
    expect(status).to_contain_text("Layer 0 head 2")
    matrix_page.locator(".sr-mx-corner").hover()
    expect(status).to_have_text(WORDS["hint"])
    cell(matrix_page, 2, 2).hover()
    matrix_page.mouse.move(5, 890)
    expect(status).to_have_text(WORDS["hint"])


def test_keys_move_over_the_grid_lock_and_release(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    matrix_page.keyboard.press("Tab")
    while not matrix_page.evaluate("document.activeElement.matches('tbody th')"):
        matrix_page.keyboard.press("Tab")
    for key in ("ArrowUp", "ArrowRight", "ArrowRight"):
        matrix_page.keyboard.press(key)
    expect(cell(matrix_page, 6, 1)).to_be_focused()
    expect(matrix_page.locator(".sr-mx-status")).to_contain_text("Layer 0 head 1 adds 0 points because of event 7")
    matrix_page.keyboard.press("Enter")
    expect(matrix_page.locator("tr[data-event='6'].sr-locked")).to_be_attached()
    matrix_page.wait_for_function("window.views.at(-1)?.event === 6")
    matrix_page.keyboard.press("Escape")
    expect(matrix_page.locator("tr.sr-locked")).to_have_count(0)
    matrix_page.wait_for_function("window.views.at(-1).event === null")


def test_a_heads_name_opens_it_and_once_more_closes_it(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    matrix_page.locator("[data-head='5'] button").click()
    matrix_page.wait_for_function("window.views.at(-1)?.head === 5")
    expect(matrix_page.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    matrix_page.locator("[data-head='5'] button").click()
    matrix_page.wait_for_function("window.views.at(-1).head === null")


def test_what_the_full_maps_are_set_to_show_is_shown_here_too_and_back(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    tell = """view => { streamrecBus.view = { session: 's', by: null, ...view };
        streamrecBus.changes.dispatchEvent(new Event('lit')); }"""
    matrix_page.evaluate(tell, {"head": 5, "scale": "own"})
    expect(matrix_page.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    assert share(cell(matrix_page, 0, 0)) == 1.0
    matrix_page.evaluate(tell, {"head": 99, "scale": "shared"})  # a head of another model
    expect(matrix_page.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    matrix_page.locator("[data-head='2'] button").click()
    assert matrix_page.evaluate("[streamrecBus.view.head, streamrecBus.view.scale]") == [2, "own"]


def test_an_event_locked_elsewhere_is_locked_here_and_told_to_python(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    lock = """lock => { streamrecBus.lock = lock; streamrecBus.changes.dispatchEvent(new Event('lit')); }"""
    matrix_page.evaluate(lock, {"key": "s", "event": 4, "item": 4})
    expect(matrix_page.locator("tr[data-event='4'].sr-locked")).to_be_attached()
    matrix_page.wait_for_function("window.views.at(-1)?.event === 4")
    matrix_page.evaluate("data => mount(data)", payload(key="another session", session="t"))
    assert matrix_page.evaluate("streamrecBus.lock") is None


def test_a_second_matrix_leaves_the_lock_of_the_first(matrix_page: Page) -> None:
    mounted(matrix_page, payload(view={"head": None, "event": 3, "quantity": "contribution", "scale": "shared"}))
    matrix_page.evaluate(
        """data => { const root = document.createElement('div'); root.innerHTML = "<div class='sr-matrix'></div>";
        document.body.append(root); window.matrix.default({ data, parentElement: root, setStateValue: () => {},
        setTriggerValue: () => {} }); }""",
        payload(session="pinned"),
    )
    assert matrix_page.evaluate("streamrecBus.lock.event") == 3


def test_a_locked_event_can_be_taken_away_moved_and_changed(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    matrix_page.locator("tr[data-event='3'] th").click()
    matrix_page.get_by_role("button", name="Take event 4 away").click()
    matrix_page.get_by_role("button", name="Move event 4 one place earlier").click()
    matrix_page.get_by_role("button", name="Move event 4 one place later").click()
    matrix_page.get_by_label("What was done with event 4").select_option("click")
    sent = matrix_page.evaluate("window.edits.map(({ edit }) => edit)")
    assert sent == ["remove.4", "swap.3.4", "swap.4.5", "engage.4.click"]


def test_what_was_taken_away_stands_there_as_a_ghost_with_a_way_back(matrix_page: Page) -> None:
    mounted(matrix_page, payload(edited=True, ghosts=[{"before": 2, "title": "Gone <i>title</i>"}]))
    ghost = matrix_page.locator("tr.sr-mx-ghost")
    expect(ghost).to_contain_text("Gone <i>title</i>")
    assert matrix_page.locator("tbody tr").nth(2).get_attribute("class") == "sr-mx-ghost"
    matrix_page.get_by_role("button", name="Undo").click()
    matrix_page.get_by_role("button", name="Start over").click()
    assert matrix_page.evaluate("window.edits.map(({ edit }) => edit)") == ["undo", "reset"]


def test_the_focus_stays_when_the_matrix_is_drawn_anew(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    cell(matrix_page, 6, 1).focus()
    matrix_page.evaluate("data => mount(data)", payload(echo=True))
    expect(cell(matrix_page, 6, 1)).to_be_focused()
    matrix_page.locator("tr[data-event='3'] th").click()
    matrix_page.get_by_role("button", name="Move event 4 one place later").focus()
    matrix_page.evaluate("data => mount(data)", payload(echo=True))
    expect(matrix_page.get_by_role("button", name="Move event 4 one place later")).to_be_focused()
    matrix_page.get_by_role("button", name="Take event 4 away").focus()
    matrix_page.evaluate("data => mount(data)", payload(7, key="edited", edited=True))
    expect(matrix_page.locator("tr[data-event='3'] th")).to_be_focused()  # where the event stood
