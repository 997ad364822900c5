"""Layout of the matrix of Explore in a real browser: what is in view, what stays in its column, phones."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.planted_matrix import TELL, cell, mounted, payload


@pytest.mark.parametrize("length", [1, 8, 16, 20])
def test_it_holds_without_scrolling_up_to_twenty_events(matrix_page: Page, length: int) -> None:
    mounted(matrix_page, payload(length))
    box = matrix_page.locator(".sr-matrix").bounding_box()
    assert box is not None
    assert box["height"] <= 545
    overflow = "node => [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight]"
    assert matrix_page.locator(".sr-mx-frame").evaluate(overflow) == [0, 0]


def test_fifty_events_scroll_in_a_window_that_keeps_heads_and_sums_in_view(matrix_page: Page) -> None:
    mounted(matrix_page, payload(50))
    frame, head = matrix_page.locator(".sr-mx-frame"), matrix_page.locator(".sr-mx-head").first
    for scroll in (0, 300, 5000):
        frame.evaluate("(node, top) => { node.scrollTop = top; }", scroll)
        around, name, sums = (
            frame.bounding_box(),
            head.bounding_box(),
            matrix_page.locator(".sr-mx-sums").bounding_box(),
        )
        assert around is not None
        assert name is not None
        assert sums is not None
        assert name["y"] >= around["y"] - 1
        assert sums["y"] + sums["height"] <= around["y"] + around["height"] + 1


def test_the_latest_events_are_in_view_until_the_reader_scrolls(matrix_page: Page) -> None:
    mounted(matrix_page, payload(50))
    frame, last = matrix_page.locator(".sr-mx-frame"), matrix_page.locator("tr[data-event='49']")
    from_end = "node => Math.round(node.scrollHeight - node.clientHeight - node.scrollTop)"
    taller = (
        "(node, height) => node.querySelectorAll('tr[data-event] > *').forEach((cell) => (cell.style.height = height))"
    )
    around, event = frame.bounding_box(), last.bounding_box()
    assert around is not None
    assert event is not None
    assert event["y"] + event["height"] <= around["y"] + around["height"]
    frame.evaluate(taller, "40px")  # as when texts of the check or a font arrive
    matrix_page.wait_for_function(f"({from_end})(document.querySelector('.sr-mx-frame')) <= 1")
    frame.evaluate("node => { node.scrollTop = 300; }")
    matrix_page.wait_for_timeout(100)
    frame.evaluate(taller, "50px")
    matrix_page.wait_for_timeout(100)
    assert frame.evaluate("node => node.scrollTop") == 300


def test_titles_stay_text_and_inside_their_column(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    assert matrix_page.locator("tbody b").count() == 0
    title = matrix_page.locator("tr[data-event='2'] .sr-mx-event").bounding_box()
    first = cell(matrix_page, 2, 0).bounding_box()
    assert title is not None
    assert first is not None
    assert title["x"] + title["width"] <= first["x"]


def test_types_of_heads_stay_in_one_line_above_their_cells(matrix_page: Page) -> None:
    data = payload()
    for head in data["heads"]:
        head["type"] = "distributed"
    mounted(matrix_page, data)
    for width in (900, 940, 980, 1000, 1050, 1070, 1400):
        matrix_page.set_viewport_size({"width": width, "height": 900})
        lines = "nodes => nodes.map(node => [node.getClientRects().length, node.scrollWidth <= node.offsetWidth])"
        assert matrix_page.locator(".sr-mx-word").evaluate_all(lines) == [[1, True]] * 8, width


def test_on_a_phone_types_are_letters_and_nothing_overflows(matrix_page: Page) -> None:
    matrix_page.set_viewport_size({"width": 370, "height": 800})
    mounted(matrix_page, payload(16))
    expect(matrix_page.locator(".sr-mx-letter").first).to_be_visible()
    expect(matrix_page.locator(".sr-mx-word").first).not_to_be_visible()
    assert matrix_page.evaluate("document.documentElement.scrollWidth") <= 370


@pytest.mark.parametrize("text", ["−117", "−603 · 1 → 82", "−1,234 · 1 → 5,000"])
def test_what_removal_does_stands_beside_its_bar_also_where_it_comes_after_the_matrix(
    matrix_page: Page, text: str
) -> None:
    whole = payload(8)
    without = whole["without"] | {"texts": [text] * 8}
    mounted(matrix_page, whole | {"without": None, "pending": True})
    matrix_page.evaluate(TELL, {"check": {"key": whole["key"], "without": without, "named": []}})
    row = matrix_page.locator("tr[data-event='7'] .sr-mx-without")
    axis, words = row.locator(".sr-mx-axis").bounding_box(), row.locator(".sr-mx-rank").bounding_box()
    assert axis is not None
    assert words is not None
    assert words["x"] >= axis["x"] + axis["width"]
    assert abs(words["y"] + words["height"] / 2 - axis["y"] - axis["height"] / 2) < 6
