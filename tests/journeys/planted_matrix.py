"""A page that holds only the matrix of Explore, with planted numbers: what it is sent, and how tests find its cells."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

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
TELL = """change => { Object.assign(window.streamrecBus, change);
    window.streamrecBus.changes.dispatchEvent(new Event("lit")); }"""


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
