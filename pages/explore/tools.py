"""Copy the link of the view, and a short tour of Explore; both live in the browser and ask nothing of the server."""

from __future__ import annotations

from pages.ui.component import register

_tools = register("tools", '<div class="sr-tools"></div>\n', ("bus.js", "tools.js"), "tools.css")

STEPS = (
    (
        ".st-key-find",
        "A session",
        "Everything on this page is about one visitor's session. Type its number, step through the test sessions, "
        "find one of a certain kind, or bring your own.",
    ),
    (
        ".st-key-answer",
        "The answer",
        "Why the model recommends this item: only what holds when events are really taken away, or that nothing does. "
        "What the heads name stands further down, with what the check refuted struck through.",
    ),
    (
        ".st-key-session-strip",
        "What the visitor did",
        "The events that the model has seen, the latest on the right. Point at one and it lights up everywhere; a "
        "click keeps it lit.",
    ),
    (
        ".st-key-proof",
        "The proof",
        "What holds when events are really taken away, the evidence event by event, and what would have to be "
        "different. Choose a sentence to light up its events and see what was measured; hold the title against "
        "another one.",
    ),
    (
        ".st-key-ten",
        "Ten recommendations",
        "Choose another of the ten, or any item of the catalogue, to have that one explained instead.",
    ),
    (
        ".st-key-looking",
        "What the heads looked at",
        "The model reads a session with several heads, each in its own colour. A bar is what the head adds to the "
        "score because of an event where the model is such a sum, else the event's share of attention. Choose a head "
        "to see its list; the arrow keys move from event to event.",
    ),
    (
        ".st-key-choose_level",
        "Simple and expert",
        "Expert adds whole maps, figures, filters, export, and a second session or model side by side. The address "
        "bar always holds the view: send it to a colleague.",
    ),
)
"""Part of the page, heading, text; parts that are not there are passed over."""


def tools() -> None:
    """Draw both buttons."""
    steps = [{"target": target, "title": title, "text": text} for target, title, text in STEPS]
    _tools(key="tools", data={"steps": steps})
