"""The components in a real browser with planted numbers: what they compute, and what they paint."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from pages.explore.attention_view import AttentionView
from pages.explore.heads import lower, quantised
from pages.ui.component import source

SCRIPTS = ("bus.js", "weights.js", "paint.js", "heads_view.js", "heads_parts.js", "heads.js")
LOAD = """source => import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))
    .then(module => { window.heads = module; })"""
MOUNT = """data => {
    window.messages = [];
    window.mount = data => window.heads.default({
        data, parentElement: document.body, setStateValue: (name, value) => window.messages.push(value) });
    window.mount(data);
}"""


@pytest.fixture(scope="module")
def bare(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the component on it."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, device_scale_factor=2)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(f"<style>{source(['heads.css'])}</style><div class='sr-heads'></div>")
    page.evaluate(LOAD, source(SCRIPTS))
    yield page
    context.close()


def planted(length: int = 50, seed: int = 1) -> np.ndarray[Any, Any]:
    """Causal maps (2, 4, L, L) of random weights whose rows sum to one; head 5 looks at event 3 only."""
    raw = np.tril(np.random.default_rng(seed).random((2, 4, length, length)) ** 4) + 1e-9
    maps = np.tril(raw / np.tril(raw).sum(-1, keepdims=True))
    maps[1, 1] = 0
    maps[1, 1, :, 0] = 1
    maps[1, 1, 3:] = np.eye(length)[3]
    return maps


def data(maps: np.ndarray[Any, Any], key: str = "one", **view: Any) -> dict[str, Any]:
    events = [
        {"title": f"<b>Title {at}</b>", "category": "Crime", "colour": "#2f5bc2", "mark": "saved", "item": at % 20}
        for at in range(maps.shape[-1])
    ]
    head = {"layer": 0, "colour": "#b5360e", "type": "focused", "meaning": "few events", "same_under_uniform": True}
    return {
        "key": key,
        "stamp": key,
        "session": key,
        "events": events,
        "heads": [head | {"name": f"Layer {at // 4} head {at % 4}", "figures": "entropy"} for at in range(8)],
        "row": quantised(maps[:, :, -1]),
        "maps": quantised(lower(maps)),
        "top": float(maps[:, :, -1].max()),
        "words": {"row": "{event}", "predicting": "the prediction", "axis": "down", "column": "across"},
        "recommended": [],
        "view": AttentionView(**view).plain(),
        "echo": False,
        "owner": True,
        "expert": True,
    }


def mount(page: Page, payload: dict[str, Any]) -> None:
    page.evaluate(MOUNT, payload)


def test_weights_arrive_as_they_were_sent(bare: Page) -> None:
    sent = np.array([0, 1, 0.5, 0.12345, 1 / 65535])
    assert bare.evaluate("text => [...heads.decode(text)]", quantised(sent)) == pytest.approx(sent, abs=1e-5)
    assert len(base64.b64decode(quantised(sent))) == 2 * len(sent)


def test_a_row_of_a_map_is_found_again(bare: Page) -> None:
    maps = planted(7)
    rows = bare.evaluate(
        "text => { const map = heads.decode(text); return [0, 3, 6].map(row => [...heads.rowOf(map, row)]); }",
        quantised(lower(maps)[0, 0]),
    )
    for row, expected in zip((0, 3, 6), rows, strict=True):
        assert expected == pytest.approx(maps[0, 0, row, : row + 1], abs=1e-5)


@pytest.mark.parametrize(
    ("share", "mask"),
    [(1, [1, 1, 1, 1]), (0.5, [0, 1, 0, 0]), (0.6, [0, 1, 0, 1]), (0.8, [0, 1, 0, 1]), (0.85, [1, 1, 0, 1])],
)
def test_the_top_share_keeps_the_fewest_events_that_hold_it(bare: Page, share: float, mask: list[int]) -> None:
    """Weights .1 .5 .1 .3: the heaviest first, of equal ones the earlier."""
    assert bare.evaluate("share => [...heads.keepMask([.1, .5, .1, .3], share)]", share) == mask


def test_heads_together_are_their_mean_their_heaviest_or_their_sum(bare: Page) -> None:
    for join, expected in (("mean", [0.4, 0.6]), ("max", [0.6, 1.0]), ("sum", [0.8, 1.2])):
        joined = bare.evaluate("join => [...heads.together([[.2, 1], [.6, .2]], join)]", join)
        assert joined == pytest.approx(expected, abs=1e-6)


def test_the_list_gives_every_exact_weight_heaviest_first(bare: Page) -> None:
    maps = planted()
    mount(bare, data(maps, head=2))
    row = maps[0, 2, -1]
    shown = [line.split("\n")[-1].strip() for line in bare.locator(".sr-list tbody tr").all_inner_texts()]
    order = np.argsort(-row, kind="stable")
    assert [text.split("\t")[-1] for text in shown][:5] == [f"{100 * row[at]:.1f}%" for at in order[:5]]
    assert len(shown) == 50
    assert bare.locator(".sr-list tbody button").first.inner_text() == f"<b>Title {order[0]}</b>"


def test_keys_move_lock_and_let_go_and_python_hears_of_it(bare: Page) -> None:
    mount(bare, data(planted(), key="keys", head=5))
    stage = bare.locator("[data-head='5'] .sr-stage")
    stage.focus()
    bare.keyboard.press("ArrowRight")
    expect(stage).to_have_attribute("aria-valuenow", "5")
    expect(stage).to_have_attribute("aria-valuetext", re.compile(r"0\.0% \(0\.0000\) of its attention to event 5"))
    bare.keyboard.press("ArrowLeft")
    readout = "100.0% (1.0000) of its attention to event 4, <b>Title 3</b>"
    expect(bare.locator(".sr-readout")).to_contain_text(readout)
    bare.keyboard.press("Enter")
    bare.wait_for_function("messages.length === 1")
    message = bare.evaluate("messages[0]")
    assert (message["key"], message["head"], message["event"], message["row"]) == ("keys", 5, 3, None)
    bare.keyboard.press("ArrowUp")
    assert bare.evaluate("document.activeElement.getAttribute('aria-label')") == "Layer 1 head 0"
    bare.keyboard.press("Escape")
    bare.wait_for_function("messages.length === 2")
    assert bare.evaluate("messages[1].event") is None


def test_the_same_item_lights_up_wherever_it_stands(bare: Page) -> None:
    mount(bare, data(planted(), key="lit", event=7))  # events 7, 27 and 47 are of the same item
    assert bare.locator(".sr-list tr.sr-lit").get_attribute("data-event") == "7"
    same = {line.get_attribute("data-event") for line in bare.locator(".sr-list tr.sr-same").all()}
    assert same == {"27", "47"}


def test_what_cannot_be_looked_at_is_not_painted_as_a_weight(bare: Page) -> None:
    mount(bare, data(planted(), key="maps", tab="maps", head=5))
    corner, column = bare.evaluate(
        """() => { const canvas = document.querySelector("[data-head='5'] canvas"), step = canvas.width / 50;
        const pixel = (row, column) => [...canvas.getContext('2d')
            .getImageData((column + .5) * step, (row + .5) * step, 1, 1).data];
        return [pixel(10, 40), pixel(30, 3)]; }"""
    )
    assert corner[3] < 60  # hatching: nearly clear
    assert column[3] == 255
    assert sum(column[:3]) < 250  # the heaviest weight there is: the end of the scale
    size = bare.evaluate(
        "(() => { const one = document.querySelector(\"[data-head='5'] canvas\");"
        " return [one.width, Math.round(one.getBoundingClientRect().width)]; })()"
    )
    assert size[0] == pytest.approx(2 * size[1], abs=2)  # two pixels a point on this screen


def test_a_view_that_this_browser_made_is_not_taken_back_from_python(bare: Page) -> None:
    payload = data(planted(), key="echo", head=1)
    mount(bare, payload)
    bare.locator("[data-head='4'] .sr-head-name").click()
    bare.evaluate("data => mount(data)", payload | {"echo": True})
    assert bare.locator(".sr-detail h3").inner_text() == "Layer 1 head 0"
    bare.evaluate("data => mount(data)", payload)
    assert bare.locator(".sr-detail h3").inner_text() == "Layer 0 head 1"


def test_a_theme_switch_repaints_without_python(bare: Page) -> None:
    mount(bare, payload := data(planted(), key="theme", tab="maps", head=5))
    read = "[...document.querySelector(\"[data-head='5'] canvas\").getContext('2d').getImageData(8, 200, 1, 1).data]"
    before = bare.evaluate(read)
    bare.evaluate(
        "document.querySelector('.sr-heads').style.setProperty('--st-chart-sequential-colors', '#ff0000,#00ff00')"
    )
    bare.evaluate("data => mount(data)", payload | {"echo": True})
    assert bare.evaluate(read) != before


@pytest.mark.parametrize("tab", ["row", "maps"])
def test_the_slider_leaves_out_what_is_looked_at_least(bare: Page, tab: str) -> None:
    maps = planted()
    mount(bare, data(maps, key=f"slider-{tab}", tab=tab, head=0))
    bare.locator(".sr-keep input").fill("50")
    heaviest = np.sort(maps[0, 0, -1])[::-1]
    shown = int(np.searchsorted(np.cumsum(heaviest), 0.5)) + 1
    assert f"{shown} of 50 events hold 50%" in bare.locator(".sr-detail .sr-note").inner_text()
    assert bare.locator(".sr-list tr:not(.sr-dropped)[data-event]").count() == shown


def summing(maps: np.ndarray[Any, Any], key: str, **view: Any) -> dict[str, Any]:
    """The same of an additive model: head 5 adds -3 for event 4 and +6 for event 8, head 0 +1.5 for event 1."""
    added = np.zeros((8, maps.shape[-1]))
    added[5, 3], added[5, 7], added[0, 0] = -3, 6, 1.5
    return data(maps, key, **view) | {"added": added.tolist(), "base": -0.25, "score": 4.25}


def test_contributions_are_shown_first_and_attention_is_one_switch_away(bare: Page) -> None:
    maps = planted()
    mount(bare, summing(maps, "summing") | {"expert": False})
    root = bare.locator(".sr-heads")
    expect(root).to_have_attribute("data-quantity", "contribution")
    weights = [text.strip() for text in bare.locator(".sr-head .sr-weight").all_inner_texts()]
    assert weights == ["+4.50", "+1.50", *["+0.00"] * 4, "+3.00", *["+0.00"] * 2]
    expect(bare.locator(".sr-sum")).to_have_text("Popularity and start −0.25 + 8 heads +4.50 = score +4.25")
    bare.locator("[data-head='5'] .sr-head-name").click()
    rows = bare.locator(".sr-list tbody tr")
    assert [rows.nth(at).get_attribute("data-event") for at in (0, 1)] == ["7", "3"]
    assert [rows.nth(at).locator("td.sr-share").inner_text().strip() for at in (0, 1)] == ["+6.00", "−3.00"]
    assert bare.locator(".sr-list .sr-bar.sr-against").count() == 1
    bare.get_by_role("button", name="attention", exact=True).click()
    expect(root).to_have_attribute("data-quantity", "attention")
    assert rows.nth(0).locator("td.sr-share").inner_text().strip() == "100.0%"
    bare.wait_for_function("messages.at(-1)?.quantity === 'attention'")


def test_what_speaks_against_the_title_lies_below_the_line_and_is_hatched(bare: Page) -> None:
    mount(bare, summing(planted(8), "sides", event=3, head=5))
    expect(bare.locator(".sr-readout")).to_contain_text(
        "Layer 1 head 1 adds −3.0000 to the score, against the title, because of event 4"
    )
    filled = """([event, from, to]) => { const canvas = document.querySelector("[data-head='5'] canvas"),
        step = canvas.width / 8, pen = canvas.getContext('2d'), high = canvas.height;
        const box = pen.getImageData((event + .2) * step, from * high, .6 * step, (to - from) * high).data;
        let seen = 0;
        for (let at = 3; at < box.length; at += 4) seen += box[at] > 200;
        return seen / (box.length / 4); }"""
    above, below = (0.15, 0.6), (0.75, 0.95)
    assert bare.evaluate(filled, [7, *above]) > 0.95
    assert bare.evaluate(filled, [7, *below]) < 0.05
    assert bare.evaluate(filled, [3, *above]) < 0.05
    assert 0.1 < bare.evaluate(filled, [3, *below]) < 0.9  # hatched, not filled


def test_a_sum_whose_rounded_parts_are_a_hundredth_apart_says_so(bare: Page) -> None:
    payload = summing(planted(8), "rounded") | {"base": -0.254, "score": 4.246}
    mount(bare, payload)
    expect(bare.locator(".sr-sum")).to_have_text("Popularity and start −0.25 + 8 heads +4.50 = score +4.25")
    mount(bare, payload | {"key": "again", "base": -0.246, "score": 4.254 + 0.002})
    expect(bare.locator(".sr-sum")).to_have_text("Popularity and start −0.25 + 8 heads +4.50 = score +4.26 (rounded)")


def test_layers_that_do_not_compose_are_not_said_to_mix(bare: Page) -> None:
    upper = [head | {"layer": at // 4} for at, head in enumerate(data(planted(8))["heads"])]
    mount(bare, data(planted(8), "plain", head=5) | {"heads": upper})
    note = bare.locator(".sr-detail header .sr-note")
    expect(note).to_contain_text("what the layer below has already mixed")
    mount(bare, summing(planted(8), "additive", head=5) | {"heads": upper})
    expect(note).not_to_contain_text("mixed")
