"""The full maps in a real browser with planted numbers: what they compute, and what they paint."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from pages.explore.attention_view import AttentionView
from pages.explore.full_maps import lower, quantised
from pages.ui.component import source

SCRIPTS = ("bus.js", "weights.js", "paint.js", "maps_view.js", "maps_parts.js", "maps.js")
LOAD = """source => import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})))
    .then(module => { window.maps = module; })"""
MOUNT = """data => {
    window.messages = [];
    window.mount = data => window.maps.default({
        data, parentElement: document.body, setStateValue: (name, value) => window.messages.push(value) });
    window.mount(data);
}"""


@pytest.fixture(scope="module")
def bare(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the component on it."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, device_scale_factor=2)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(f"<style>{source(['maps.css'])}</style><div class='sr-maps'></div>")
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
        {
            "title": f"<b>Title {at}</b>",
            "category": "Crime",
            "colour": "#2f5bc2",
            "mark": "saved",
            "item": at % 20,
            "number": at + 1,
        }
        for at in range(maps.shape[-1])
    ]
    head = {"layer": 0, "colour": "#b5360e", "type": "focused", "meaning": "few events", "same_under_uniform": True}
    return {
        "key": key,
        "session": key,
        "events": events,
        "heads": [head | {"name": f"Layer {at // 4} head {at % 4}", "figures": "entropy"} for at in range(8)],
        "maps": quantised(lower(maps)),
        "top": float(maps[:, :, -1].max()),
        "words": {"row": "{event}", "predicting": "the prediction", "axis": "down", "column": "across"},
        "view": AttentionView(**view).plain(),
        "composed": True,
        "echo": False,
        "expert": True,
    }


def mount(page: Page, payload: dict[str, Any]) -> None:
    page.evaluate(MOUNT, payload)


def test_weights_arrive_as_they_were_sent(bare: Page) -> None:
    sent = np.array([0, 1, 0.5, 0.12345, 1 / 65535])
    assert bare.evaluate("text => [...maps.decode(text)]", quantised(sent)) == pytest.approx(sent, abs=1e-5)
    assert len(base64.b64decode(quantised(sent))) == 2 * len(sent)


def test_a_row_of_a_map_is_found_again(bare: Page) -> None:
    maps = planted(7)
    rows = bare.evaluate(
        "text => { const map = maps.decode(text); return [0, 3, 6].map(row => [...maps.rowOf(map, row)]); }",
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
    assert bare.evaluate("share => [...maps.keepMask([.1, .5, .1, .3], share)]", share) == mask


def test_heads_together_are_their_mean_or_their_maximum(bare: Page) -> None:
    for join, expected in (("mean", [0.4, 0.6]), ("max", [0.6, 1.0])):
        joined = bare.evaluate("join => [...maps.together([[.2, 1], [.6, .2]], join)]", join)
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
    expect(stage).to_have_attribute(
        "aria-valuetext", re.compile("^From event 49, <b>Title 48</b>: Layer 1 head 1 gives ")
    )
    bare.keyboard.press("Escape")
    bare.wait_for_function("messages.length === 2")
    assert bare.evaluate("messages[1].event") is None


def test_the_same_item_lights_up_wherever_it_stands(bare: Page) -> None:
    mount(bare, data(planted(), key="lit"))
    bare.locator(".sr-list tr[data-event='7'] button").click()  # events 7, 27 and 47 are of the same item
    assert bare.locator(".sr-list tr.sr-lit").get_attribute("data-event") == "7"
    same = {line.get_attribute("data-event") for line in bare.locator(".sr-list tr.sr-same").all()}
    assert same == {"27", "47"}


def test_a_masked_cell_is_not_painted_as_a_weight(bare: Page) -> None:
    mount(bare, data(planted(), key="maps", head=5))
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
    mount(bare, payload := data(planted(), key="theme", head=5))
    read = "[...document.querySelector(\"[data-head='5'] canvas\").getContext('2d').getImageData(8, 200, 1, 1).data]"
    before = bare.evaluate(read)
    bare.evaluate(
        "document.querySelector('.sr-maps').style.setProperty('--st-chart-sequential-colors', '#ff0000,#00ff00')"
    )
    bare.evaluate("data => mount(data)", payload | {"echo": True})
    assert bare.evaluate(read) != before


def test_the_slider_leaves_out_what_is_attended_to_least(bare: Page) -> None:
    maps = planted()
    mount(bare, data(maps, key="slider", head=0))
    bare.locator(".sr-keep input").fill("50")
    heaviest = np.sort(maps[0, 0, -1])[::-1]
    shown = int(np.searchsorted(np.cumsum(heaviest), 0.5)) + 1
    assert f"{shown} of 50 events hold 50%" in bare.locator(".sr-detail .sr-note").inner_text()
    assert bare.locator(".sr-list tr:not(.sr-dropped)[data-event]").count() == shown


def test_layers_that_do_not_compose_are_not_said_to_mix(bare: Page) -> None:
    upper = [head | {"layer": at // 4} for at, head in enumerate(data(planted(8))["heads"])]
    mount(bare, data(planted(8), "plain", head=5) | {"heads": upper})
    note = bare.locator(".sr-detail header .sr-note")
    expect(note).to_contain_text("what the layer below has already mixed")
    mount(bare, data(planted(8), "additive", head=5) | {"heads": upper, "composed": False})
    expect(note).not_to_contain_text("mixed")
