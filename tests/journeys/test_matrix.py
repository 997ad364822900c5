"""The matrix of Explore in a real browser with planted numbers: what it paints, adds up, says, and tells Python."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from streamrec_core.explanation_view.assets import matrix_script, matrix_style
from streamrec_core.explanation_view.payload import WORDS

LOAD = """source => import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))
    .then(module => { window.matrix = module; })"""
MOUNT = """data => {
    window.views = []; window.edits = [];
    window.mount = data => window.matrix.default({
        data, parentElement: document.body, setStateValue: (name, value) => window.views.push(value),
        setTriggerValue: (name, value) => window.edits.push(value) });
    window.mount(data);
}"""
THEME = "--st-background-color: #fcfbf9; --st-text-color: #12171e; --st-font: sans-serif; --st-primary-color: #3a78b5"


@pytest.fixture
def bare(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the component on it."""
    context = browser.new_context(viewport={"width": 1040, "height": 900})
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(f"<style>body {{ margin: 0; {THEME} }} {matrix_style()}</style><div class='sr-matrix'></div>")
    page.evaluate(LOAD, matrix_script())
    yield page
    context.close()


def payload(length: int = 8, heads: int = 8, **changes: Any) -> dict[str, Any]:
    """Head h adds 10 * (h + 1) points because of event h (counted round), head 0 takes 5 for every other event."""
    added = [
        [10.0 * (head + 1) if event == head % length else -5.0 if head == 0 else 0.0 for event in range(length)]
        for head in range(heads)
    ]
    return {
        "key": "planted",
        "session": "s",
        "label": "Session and heads",
        "events": [
            {
                "number": at + 1,
                "title": f"<b>Title {at}</b> " + "long " * 9,
                "category": "Crime",
                "colour": "#2f5bc2",
                "mark": "saved",
                "short": "saved",
                "strong": False,
                "named": at == 1,
                "item": at,
            }
            for at in range(length)
        ],
        "heads": [
            {
                "name": f"Layer {at // 4} head {at % 4}",
                "short": f"L{at // 4}H{at % 4}",
                "type": "recency",
                "colour": "#2f5bc2",
                "uniform": at == 3,
                "phrase": "recent titles",
                "meaning": "the later, the more",
            }
            for at in range(heads)
        ],
        "added": added,
        "sums": [sum(row) for row in added],
        "attention": [[100.0 / length] * length for _ in range(heads)],
        "without": {
            "points": [float(at - 2) for at in range(length)],
            "texts": [f"1 → {at + 1}" if at else "" for at in range(length)],
            "sentences": [f"Rank {at + 1} without it." for at in range(length)],
        },
        "base": [["popularity and start", 7.0]],
        "score": 7.0 + sum(sum(row) for row in added),
        "words": WORDS,
        "hidden": "",
        "ghosts": [],
        "marks": [["click", "clicked"], ["save", "saved"]],
        "edited": False,
        "compact": False,
        "pending": False,
        "expert": False,
        "echo": False,
        "view": {"head": None, "event": None, "quantity": "contribution", "scale": "shared"},
        **changes,
    }


def mounted(page: Page, data: dict[str, Any]) -> None:
    page.evaluate(MOUNT, data)
    expect(page.locator(".sr-matrix[data-painted]")).to_be_attached()


def cell(page: Page, event: int, head: int) -> Locator:
    return page.locator(f"tr[data-event='{event}'] .sr-mx-cell").nth(head)


def share(locator: Locator) -> float:
    return float(locator.evaluate("node => node.style.getPropertyValue('--share')"))


def test_cells_are_as_strong_as_their_numbers_and_minus_has_a_shape_of_its_own(bare: Page) -> None:
    mounted(bare, payload())
    assert share(cell(bare, 7, 7)) == 1.0
    assert share(cell(bare, 0, 0)) == pytest.approx(10 / 80, abs=0.001)
    assert share(cell(bare, 3, 4)) == 0.0
    hatch = "node => getComputedStyle(node).backgroundImage"
    assert "gradient" in cell(bare, 3, 0).evaluate(hatch)
    assert cell(bare, 7, 7).evaluate(hatch) == "none"


TELL = """change => { Object.assign(window.streamrecBus, change);
    window.streamrecBus.changes.dispatchEvent(new Event("lit")); }"""


def test_what_removal_does_is_added_to_a_matrix_that_waits_for_its_check(bare: Page) -> None:
    whole = payload()
    mounted(bare, payload(pending=True, without=None, events=payload()["events"][:1] * 8))
    pending, third = bare.locator(".sr-mx-pending"), bare.locator("tr[data-event='2']")
    expect(pending).to_have_text("checking …")
    expect(third.locator(".sr-mx-rank")).to_have_count(0)
    bare.evaluate(TELL, {"check": {"key": "another", "without": whole["without"], "named": [1]}})
    expect(pending).to_have_text("checking …")
    bare.evaluate(TELL, {"check": {"key": "planted", "without": whole["without"], "named": [2]}})
    expect(pending).to_have_text("")
    expect(third.locator(".sr-mx-rank")).to_have_text("1 → 3")
    expect(third).to_have_class("sr-mx-named")
    assert bare.locator(".sr-matrix").get_attribute("data-checked") == "planted"


def test_another_title_stands_at_once_and_what_the_server_sends_of_it_changes_nothing(bare: Page) -> None:
    tenths = np.arange(-32, 32, dtype="<i2")
    sums = (tenths.reshape(8, 8).sum(1) / 10).tolist()
    coded = base64.b64encode(tenths.tobytes()).decode()
    parts = {"added": coded, "sums": sums, "base": [["popularity and start", 12.2]], "score": 9}
    mounted(bare, payload(key="s|weights|5"))
    bare.evaluate(TELL, {"titles": {"session": "s|weights", "parts": {"7": parts}}})
    bare.locator("tr[data-event='3'] th").click()
    bare.wait_for_function("window.views.length > 0")
    bare.evaluate(TELL, {"title": {"session": "s|weights", "item": 7}})
    root = bare.locator(".sr-matrix")
    assert root.get_attribute("data-painted") == "s|weights|7"
    expect(bare.locator(".sr-mx-pending")).to_have_text("checking …")
    expect(cell(bare, 0, 0)).to_have_attribute("aria-label", re.compile("adds −3 points"))
    expect(bare.locator(".sr-mx-score")).to_contain_text("9 points")
    bare.get_by_role("button", name="Take event 4 away").click()
    assert bare.evaluate("window.edits") == []  # the server does not yet know which title it would be for
    bare.evaluate("document.querySelector('.sr-mx-cell').id = 'the-same'")
    events = [event | {"named": False} for event in payload()["events"]]
    added = (tenths.reshape(8, 8) / 10).tolist()
    sent = payload(key="s|weights|7", added=added, events=events, pending=True, without=None) | {
        name: parts[name] for name in ("sums", "base", "score")
    }
    bare.evaluate("data => mount(data)", sent)
    assert cell(bare, 0, 0).get_attribute("id") == "the-same"
    bare.evaluate(TELL, {"title": {"session": "another|weights", "item": 7}})
    assert root.get_attribute("data-painted") == "s|weights|7"


def test_the_gap_between_two_cells_changes_nothing_and_outside_of_the_rows_the_hint_is_back(bare: Page) -> None:
    mounted(bare, payload())
    status = bare.locator(".sr-mx-status")
    cell(bare, 2, 1).hover()
    sentence = status.inner_text()
    assert "event 3" in sentence
    box = cell(bare, 2, 1).bounding_box()
    assert box is not None
    bare.mouse.move(box["x"] + box["width"] + 1, box["y"] + box["height"] / 2)
    assert status.inner_text() == sentence
    cell(bare, 2, 2).hover()
    expect(status).to_contain_text("Layer 0 head 2")
    bare.locator(".sr-mx-corner").hover()
    expect(status).to_have_text(WORDS["hint"])
    cell(bare, 2, 2).hover()
    bare.mouse.move(5, 890)
    expect(status).to_have_text(WORDS["hint"])


def test_each_head_can_have_a_scale_of_its_own(bare: Page) -> None:
    mounted(bare, payload())
    bare.get_by_role("button", name="Scale per head").click()
    assert share(cell(bare, 0, 0)) == 1.0
    expect(bare.get_by_role("button", name="Scale per head")).to_be_focused()
    bare.wait_for_function("window.views.length > 0")
    assert bare.evaluate("window.views.at(-1).scale") == "own"


def test_the_sums_of_the_heads_and_the_base_add_up_to_the_score(bare: Page) -> None:
    data = payload()
    mounted(bare, data)
    sums = [int(text.replace("−", "-")) for text in bare.locator(".sr-mx-sums td").all_text_contents()[:8]]
    assert sums == [sum(row) for row in data["added"]]
    score = bare.locator(".sr-mx-score").inner_text()
    assert f"popularity and start +7 · heads +{sum(sums)}" in " ".join(score.split())
    assert f"+{sum(sums) + 7} points" in score


def test_rounded_figures_still_add_up(bare: Page) -> None:
    fractions = [0.5, 10.5, -3.5, 20.4, -7.6, 1.3, 2.45, -0.45]
    mounted(bare, payload(sums=fractions, base=[["popularity and start", 3.5]]))
    texts = bare.locator(".sr-mx-sums td").all_text_contents()
    shown = [int(text.replace("−", "-")) for text in texts[:8]]
    assert all(abs(whole - exact) < 1 for whole, exact in zip(shown, fractions, strict=True))
    assert texts[8] == f"heads together +{sum(shown)}"
    base, score = re.findall(
        r"start ([+−]\d+) .*= ([+−]\d+) points", " ".join(bare.locator(".sr-mx-score").inner_text().split())
    )[0]
    assert int(base) + sum(shown) == int(score) == round(sum(fractions) + 3.5)


def test_attention_has_no_sign_and_no_score(bare: Page) -> None:
    data = payload()
    mounted(bare, data)
    bare.get_by_role("button", name="Attention").click()
    assert share(cell(bare, 3, 4)) == 1.0
    expect(bare.locator(".sr-mx-cell.sr-mx-minus")).to_have_count(0)
    expect(bare.locator("tfoot")).to_have_count(0)  # what each head gives adds up to 100% whatever it does
    expect(bare.locator(".sr-mx-tools strong")).to_have_text(WORDS["attended"])
    cell(bare, 2, 1).hover()
    expect(bare.locator(".sr-mx-status")).to_contain_text("Layer 0 head 1 gives 13% of its attention to event 3")


def test_a_model_without_contributions_shows_attention_and_offers_no_switch(bare: Page) -> None:
    mounted(bare, payload(added=None))
    expect(bare.locator(".sr-mx-tools strong")).to_have_text(WORDS["attended"])
    expect(bare.get_by_role("button", name="Contributions")).to_have_count(0)


def test_a_model_without_heads_shows_the_session_and_removal(bare: Page) -> None:
    mounted(bare, payload(heads=0, added=None, attention=[]))
    expect(bare.locator("tbody tr")).to_have_count(8)
    expect(bare.locator(".sr-mx-bar")).to_have_count(8)
    expect(bare.locator("tfoot")).to_have_count(0)


def test_removal_goes_right_where_the_title_needs_the_event_and_left_where_it_does_not(bare: Page) -> None:
    mounted(bare, payload())
    against = bare.locator("tr[data-event='0'] .sr-mx-bar").bounding_box()
    support = bare.locator("tr[data-event='7'] .sr-mx-bar").bounding_box()
    assert against is not None
    assert support is not None
    assert against["x"] + against["width"] == pytest.approx(support["x"], abs=1.5)  # both begin at zero
    assert support["width"] == pytest.approx(against["width"] * 5 / 2, abs=2)
    expect(bare.locator("tr[data-event='7'] .sr-mx-rank")).to_have_text("1 → 8")


@pytest.mark.parametrize("length", [1, 8, 16, 20])
def test_it_holds_without_scrolling_up_to_twenty_events(bare: Page, length: int) -> None:
    mounted(bare, payload(length))
    box = bare.locator(".sr-matrix").bounding_box()
    assert box is not None
    assert box["height"] <= 545
    overflow = "node => [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight]"
    assert bare.locator(".sr-mx-frame").evaluate(overflow) == [0, 0]


def test_fifty_events_scroll_in_a_window_that_keeps_heads_and_sums_in_view(bare: Page) -> None:
    mounted(bare, payload(50))
    frame, head = bare.locator(".sr-mx-frame"), bare.locator(".sr-mx-head").first
    for scroll in (0, 300, 5000):
        frame.evaluate("(node, top) => { node.scrollTop = top; }", scroll)
        around, name, sums = frame.bounding_box(), head.bounding_box(), bare.locator(".sr-mx-sums").bounding_box()
        assert around is not None
        assert name is not None
        assert sums is not None
        assert name["y"] >= around["y"] - 1
        assert sums["y"] + sums["height"] <= around["y"] + around["height"] + 1


def test_the_latest_events_are_in_view_until_the_reader_scrolls(bare: Page) -> None:
    mounted(bare, payload(50))
    frame, last = bare.locator(".sr-mx-frame"), bare.locator("tr[data-event='49']")
    from_end = "node => Math.round(node.scrollHeight - node.clientHeight - node.scrollTop)"
    taller = (
        "(node, height) => node.querySelectorAll('tr[data-event] > *').forEach((cell) => (cell.style.height = height))"
    )
    around, event = frame.bounding_box(), last.bounding_box()
    assert around is not None
    assert event is not None
    assert event["y"] + event["height"] <= around["y"] + around["height"]
    frame.evaluate(taller, "40px")  # as when texts of the check or a font arrive
    bare.wait_for_function(f"({from_end})(document.querySelector('.sr-mx-frame')) <= 1")
    frame.evaluate("node => { node.scrollTop = 300; }")
    bare.wait_for_timeout(100)
    frame.evaluate(taller, "50px")
    bare.wait_for_timeout(100)
    assert frame.evaluate("node => node.scrollTop") == 300


def test_titles_stay_text_and_inside_their_column(bare: Page) -> None:
    mounted(bare, payload())
    assert bare.locator("tbody b").count() == 0
    title = bare.locator("tr[data-event='2'] .sr-mx-event").bounding_box()
    first = cell(bare, 2, 0).bounding_box()
    assert title is not None
    assert first is not None
    assert title["x"] + title["width"] <= first["x"]


def test_types_of_heads_stay_in_one_line_above_their_cells(bare: Page) -> None:
    data = payload()
    for head in data["heads"]:
        head["type"] = "distributed"
    mounted(bare, data)
    for width in (900, 940, 980, 1000, 1050, 1070, 1400):
        bare.set_viewport_size({"width": width, "height": 900})
        lines = "nodes => nodes.map(node => [node.getClientRects().length, node.scrollWidth <= node.offsetWidth])"
        assert bare.locator(".sr-mx-word").evaluate_all(lines) == [[1, True]] * 8, width


def test_keys_move_over_the_grid_lock_and_release(bare: Page) -> None:
    mounted(bare, payload())
    bare.keyboard.press("Tab")
    while not bare.evaluate("document.activeElement.matches('tbody th')"):
        bare.keyboard.press("Tab")
    for key in ("ArrowUp", "ArrowRight", "ArrowRight"):
        bare.keyboard.press(key)
    expect(cell(bare, 6, 1)).to_be_focused()
    expect(bare.locator(".sr-mx-status")).to_contain_text("Layer 0 head 1 adds 0 points because of event 7")
    bare.keyboard.press("Enter")
    expect(bare.locator("tr[data-event='6'].sr-locked")).to_be_attached()
    bare.wait_for_function("window.views.at(-1)?.event === 6")
    bare.keyboard.press("Escape")
    expect(bare.locator("tr.sr-locked")).to_have_count(0)
    bare.wait_for_function("window.views.at(-1).event === null")


def test_a_heads_name_opens_it_and_once_more_closes_it(bare: Page) -> None:
    mounted(bare, payload())
    bare.locator("[data-head='5'] button").click()
    bare.wait_for_function("window.views.at(-1)?.head === 5")
    expect(bare.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    bare.locator("[data-head='5'] button").click()
    bare.wait_for_function("window.views.at(-1).head === null")


def test_what_the_full_maps_are_set_to_show_is_shown_here_too_and_back(bare: Page) -> None:
    mounted(bare, payload())
    tell = """view => { streamrecBus.view = { session: 's', by: null, ...view };
        streamrecBus.changes.dispatchEvent(new Event('lit')); }"""
    bare.evaluate(tell, {"head": 5, "scale": "own"})
    expect(bare.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    assert share(cell(bare, 0, 0)) == 1.0
    bare.evaluate(tell, {"head": 99, "scale": "shared"})  # a head of another model
    expect(bare.locator("[data-head='5']")).to_have_class("sr-mx-head sr-locked")
    bare.locator("[data-head='2'] button").click()
    assert bare.evaluate("[streamrecBus.view.head, streamrecBus.view.scale]") == [2, "own"]


def test_an_event_locked_elsewhere_is_locked_here_and_told_to_python(bare: Page) -> None:
    mounted(bare, payload())
    lock = """lock => { streamrecBus.lock = lock; streamrecBus.changes.dispatchEvent(new Event('lit')); }"""
    bare.evaluate(lock, {"key": "s", "event": 4, "item": 4})
    expect(bare.locator("tr[data-event='4'].sr-locked")).to_be_attached()
    bare.wait_for_function("window.views.at(-1)?.event === 4")
    bare.evaluate("data => mount(data)", payload(key="another session", session="t"))
    assert bare.evaluate("streamrecBus.lock") is None


def test_a_second_matrix_leaves_the_lock_of_the_first(bare: Page) -> None:
    mounted(bare, payload(view={"head": None, "event": 3, "quantity": "contribution", "scale": "shared"}))
    bare.evaluate(
        """data => { const root = document.createElement('div'); root.innerHTML = "<div class='sr-matrix'></div>";
        document.body.append(root); window.matrix.default({ data, parentElement: root, setStateValue: () => {},
        setTriggerValue: () => {} }); }""",
        payload(session="pinned"),
    )
    assert bare.evaluate("streamrecBus.lock.event") == 3


def test_a_locked_event_can_be_taken_away_moved_and_changed(bare: Page) -> None:
    mounted(bare, payload())
    bare.locator("tr[data-event='3'] th").click()
    bare.get_by_role("button", name="Take event 4 away").click()
    bare.get_by_role("button", name="Move event 4 one place earlier").click()
    bare.get_by_role("button", name="Move event 4 one place later").click()
    bare.get_by_label("What was done with event 4").select_option("click")
    sent = bare.evaluate("window.edits.map(({ edit }) => edit)")
    assert sent == ["remove.4", "swap.3.4", "swap.4.5", "engage.4.click"]


def test_what_was_taken_away_stands_there_as_a_ghost_with_a_way_back(bare: Page) -> None:
    mounted(bare, payload(edited=True, ghosts=[{"before": 2, "title": "Gone <i>title</i>"}]))
    ghost = bare.locator("tr.sr-mx-ghost")
    expect(ghost).to_contain_text("Gone <i>title</i>")
    assert bare.locator("tbody tr").nth(2).get_attribute("class") == "sr-mx-ghost"
    bare.get_by_role("button", name="Undo").click()
    bare.get_by_role("button", name="Start over").click()
    assert bare.evaluate("window.edits.map(({ edit }) => edit)") == ["undo", "reset"]


def test_on_a_phone_types_are_letters_and_nothing_overflows(bare: Page) -> None:
    bare.set_viewport_size({"width": 370, "height": 800})
    mounted(bare, payload(16))
    expect(bare.locator(".sr-mx-letter").first).to_be_visible()
    expect(bare.locator(".sr-mx-word").first).not_to_be_visible()
    assert bare.evaluate("document.documentElement.scrollWidth") <= 370


def test_the_focus_stays_when_the_matrix_is_drawn_anew(bare: Page) -> None:
    mounted(bare, payload())
    cell(bare, 6, 1).focus()
    bare.evaluate("data => mount(data)", payload(echo=True))
    expect(cell(bare, 6, 1)).to_be_focused()
    bare.locator("tr[data-event='3'] th").click()
    bare.get_by_role("button", name="Move event 4 one place later").focus()
    bare.evaluate("data => mount(data)", payload(echo=True))
    expect(bare.get_by_role("button", name="Move event 4 one place later")).to_be_focused()
    bare.get_by_role("button", name="Take event 4 away").focus()
    bare.evaluate("data => mount(data)", payload(7, key="edited", edited=True))
    expect(bare.locator("tr[data-event='3'] th")).to_be_focused()  # where the event stood
