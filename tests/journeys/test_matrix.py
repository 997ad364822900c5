"""Figures of the matrix of Explore in a real browser: how strong cells are, what adds up, which views there are."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from streamrec_core.explanation_view.payload import WORDS
from tests.journeys.planted_matrix import TELL, cell, mounted, payload, share


def test_cells_are_as_strong_as_their_numbers_and_minus_has_a_shape_of_its_own(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    assert share(cell(matrix_page, 7, 7)) == 1.0
    assert share(cell(matrix_page, 0, 0)) == pytest.approx(10 / 80, abs=0.001)
    assert share(cell(matrix_page, 3, 4)) == 0.0
    hatch = "node => getComputedStyle(node).backgroundImage"
    assert "gradient" in cell(matrix_page, 3, 0).evaluate(hatch)
    assert cell(matrix_page, 7, 7).evaluate(hatch) == "none"


def test_what_removal_does_is_added_to_a_matrix_that_waits_for_its_check(matrix_page: Page) -> None:
    whole = payload()
    mounted(matrix_page, payload(pending=True, without=None, events=payload()["events"][:1] * 8))
    pending, third = matrix_page.locator(".sr-mx-pending"), matrix_page.locator("tr[data-event='2']")
    expect(pending).to_have_text("checking …")
    expect(third.locator(".sr-mx-rank")).to_have_count(0)
    matrix_page.evaluate(TELL, {"check": {"key": "another", "without": whole["without"], "named": [1]}})
    expect(pending).to_have_text("checking …")
    matrix_page.evaluate(TELL, {"check": {"key": "planted", "without": whole["without"], "named": [2]}})
    expect(pending).to_have_text("")
    expect(third.locator(".sr-mx-rank")).to_have_text("1 → 3")
    expect(third).to_have_class("sr-mx-named")
    assert matrix_page.locator(".sr-matrix").get_attribute("data-checked") == "planted"


def test_another_title_stands_at_once_and_what_the_server_sends_of_it_changes_nothing(matrix_page: Page) -> None:
    tenths = np.arange(-32, 32, dtype="<i2")
    sums = (tenths.reshape(8, 8).sum(1) / 10).tolist()
    coded = base64.b64encode(tenths.tobytes()).decode()
    parts = {"added": coded, "sums": sums, "base": [["popularity and start", 12.2]], "score": 9}
    mounted(matrix_page, payload(key="s|weights|5"))
    matrix_page.evaluate(TELL, {"titles": {"session": "s|weights", "parts": {"7": parts}}})
    matrix_page.locator("tr[data-event='3'] th").click()
    matrix_page.wait_for_function("window.views.length > 0")
    matrix_page.evaluate(TELL, {"title": {"session": "s|weights", "item": 7}})
    root = matrix_page.locator(".sr-matrix")
    assert root.get_attribute("data-painted") == "s|weights|7"
    expect(matrix_page.locator(".sr-mx-pending")).to_have_text("checking …")
    expect(cell(matrix_page, 0, 0)).to_have_attribute("aria-label", re.compile("adds −3 points"))
    expect(matrix_page.locator(".sr-mx-score")).to_contain_text("9 points")
    matrix_page.get_by_role("button", name="Take event 4 away").click()
    assert matrix_page.evaluate("window.edits") == []  # the server does not yet know which title it would be for
    matrix_page.evaluate("document.querySelector('.sr-mx-cell').id = 'the-same'")
    events = [event | {"named": False} for event in payload()["events"]]
    added = (tenths.reshape(8, 8) / 10).tolist()
    sent = payload(key="s|weights|7", added=added, events=events, pending=True, without=None) | {
        name: parts[name] for name in ("sums", "base", "score")
    }
    matrix_page.evaluate("data => mount(data)", sent)
    assert cell(matrix_page, 0, 0).get_attribute("id") == "the-same"
    matrix_page.evaluate(TELL, {"title": {"session": "another|weights", "item": 7}})
    assert root.get_attribute("data-painted") == "s|weights|7"


def test_each_head_can_have_a_scale_of_its_own(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    matrix_page.get_by_role("button", name="Scale per head").click()
    assert share(cell(matrix_page, 0, 0)) == 1.0
    expect(matrix_page.get_by_role("button", name="Scale per head")).to_be_focused()
    matrix_page.wait_for_function("window.views.length > 0")
    assert matrix_page.evaluate("window.views.at(-1).scale") == "own"


def test_the_sums_of_the_heads_and_the_base_add_up_to_the_score(matrix_page: Page) -> None:
    data = payload()
    mounted(matrix_page, data)
    sums = [int(text.replace("−", "-")) for text in matrix_page.locator(".sr-mx-sums td").all_text_contents()[:8]]
    assert sums == [sum(row) for row in data["added"]]
    score = matrix_page.locator(".sr-mx-score").inner_text()
    assert f"popularity and start +7 · heads +{sum(sums)}" in " ".join(score.split())
    assert f"+{sum(sums) + 7} points" in score


def test_rounded_figures_still_add_up(matrix_page: Page) -> None:
    fractions = [0.5, 10.5, -3.5, 20.4, -7.6, 1.3, 2.45, -0.45]
    mounted(matrix_page, payload(sums=fractions, base=[["popularity and start", 3.5]]))
    texts = matrix_page.locator(".sr-mx-sums td").all_text_contents()
    shown = [int(text.replace("−", "-")) for text in texts[:8]]
    assert all(abs(whole - exact) < 1 for whole, exact in zip(shown, fractions, strict=True))
    assert texts[8] == f"heads together +{sum(shown)}"
    base, score = re.findall(
        r"start ([+−]\d+) .*= ([+−]\d+) points", " ".join(matrix_page.locator(".sr-mx-score").inner_text().split())
    )[0]
    assert int(base) + sum(shown) == int(score) == round(sum(fractions) + 3.5)


def test_attention_has_no_sign_and_no_score(matrix_page: Page) -> None:
    data = payload()
    mounted(matrix_page, data)
    matrix_page.get_by_role("button", name="Attention").click()
    assert share(cell(matrix_page, 3, 4)) == 1.0
    expect(matrix_page.locator(".sr-mx-cell.sr-mx-minus")).to_have_count(0)
    expect(matrix_page.locator("tfoot")).to_have_count(0)  # what each head gives adds up to 100% whatever it does
    expect(matrix_page.locator(".sr-mx-tools strong")).to_have_text(WORDS["attended"])
    cell(matrix_page, 2, 1).hover()
    expect(matrix_page.locator(".sr-mx-status")).to_contain_text("Layer 0 head 1 gives 13% of its attention to event 3")


def test_a_model_without_contributions_shows_attention_and_offers_no_switch(matrix_page: Page) -> None:
    mounted(matrix_page, payload(added=None))
    expect(matrix_page.locator(".sr-mx-tools strong")).to_have_text(WORDS["attended"])
    expect(matrix_page.get_by_role("button", name="Contributions")).to_have_count(0)


def test_a_model_without_heads_shows_the_session_and_removal(matrix_page: Page) -> None:
    mounted(matrix_page, payload(heads=0, added=None, attention=[]))
    expect(matrix_page.locator("tbody tr")).to_have_count(8)
    expect(matrix_page.locator(".sr-mx-bar")).to_have_count(8)
    expect(matrix_page.locator("tfoot")).to_have_count(0)


def test_removal_goes_right_where_the_title_needs_the_event_and_left_where_it_does_not(matrix_page: Page) -> None:
    mounted(matrix_page, payload())
    against = matrix_page.locator("tr[data-event='0'] .sr-mx-bar").bounding_box()
    support = matrix_page.locator("tr[data-event='7'] .sr-mx-bar").bounding_box()
    assert against is not None
    assert support is not None
    assert against["x"] + against["width"] == pytest.approx(support["x"], abs=1.5)  # both begin at zero
    assert support["width"] == pytest.approx(against["width"] * 5 / 2, abs=2)
    expect(matrix_page.locator("tr[data-event='7'] .sr-mx-rank")).to_have_text("1 → 8")
