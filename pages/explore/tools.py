"""Buttons that copy the link of the view and start a short tour; both run in the browser alone."""

from __future__ import annotations

from pages.ui.component import register

_tools = register("tools", '<div class="sr-tools"></div>\n', ("bus.js", "tools.js"), "tools.css")

STEPS = (
    (
        ".st-key-find",
        "A session",
        "This page explains one session. Enter its id, step through the test sessions, search for one, or bring your "
        "own.",
    ),
    (
        ".st-key-answer",
        "The answer",
        "Why the model recommends this item: only reasons that were confirmed by removing events, or that none was. "
        "The first look of the heads is further down, with the rejected reasons struck through.",
    ),
    (
        ".st-key-session-strip",
        "What the visitor did",
        "The events that the model has seen, the latest on the right. Point at one to highlight it everywhere; click "
        "to keep it highlighted.",
    ),
    (
        ".st-key-proof",
        "The proof",
        "The reasons confirmed by removing events, the evidence by event, and what would change the answer. Select a "
        "sentence to highlight its events and see what was measured, or compare the title with another one.",
    ),
    (
        ".st-key-ten",
        "Ten recommendations",
        "Select another of the ten, or any item of the catalogue, to explain that one instead.",
    ),
    (
        ".st-key-looking",
        "What the heads attended to",
        "The model reads a session with several heads, each in its own colour. A bar is what the head adds to the "
        "score because of an event or, where the model is not additive, the event's share of attention. Select a head "
        "to see its list; the arrow keys move from event to event.",
    ),
    (
        ".st-key-choose_level",
        "Simple and expert",
        "Expert adds attention maps, figures, filters, export, and a second session or model side by side. The URL "
        "always holds the view: send it to a colleague.",
    ),
)
"""Part of the page, heading, text; parts that are not on the page are skipped."""


def tools() -> None:
    """Draw both buttons."""
    steps = [{"target": target, "title": title, "text": text} for target, title, text in STEPS]
    _tools(key="tools", data={"steps": steps})
