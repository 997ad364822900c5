"""Buttons that copy the link of the view and start a short tour; both run in the browser alone."""

from __future__ import annotations

from pages.ui.component import register
from pages.ui.nouns import say

_tools = register("tools", '<div class="sr-tools"></div>\n', ("bus.js", "tools.js"), "tools.css")

STEPS = (
    (
        ".st-key-find",
        "A session",
        "This page explains one session. Enter its id or a title, step through the test sessions, find one by what it "
        "is like, or bring your own.",
    ),
    (
        ".st-key-answer",
        "The answer",
        "Why the model recommends this title: only reasons that were confirmed by removing events, or that none was.",
    ),
    (
        ".st-key-ten",
        "Ten recommendations",
        "Select another of the ten to explain that one instead; everything else on the page follows.",
    ),
    (
        ".st-key-heads",
        "The session under every head",
        "Each row is an event, each column a head. A cell is what the head adds to the title because of the event or, "
        "where the model is not additive, its share of attention. On the right: what removing the event does. Click an "
        "event to remove, move or change it.",
    ),
    (
        ".st-key-first-look",
        "The first look",
        "What the heads attended to most, before any check. Reasons that were rejected are struck through.",
    ),
    (
        ".st-key-detail",
        "Look closer",
        "Full attention maps, the evidence by event, what would change the answer, another title or model, and export.",
    ),
    (
        ".st-key-choose_level",
        "Simple and expert",
        "Expert adds figures, filters, and a second session or model side by side. The URL always holds the view: send "
        "it to a colleague.",
    ),
)
"""Part of the page, heading, text; parts that are not on the page are skipped."""


def tools() -> None:
    """Draw both buttons."""
    steps = [{"target": target, "title": title, "text": say(text)} for target, title, text in STEPS]
    _tools(key="tools", data={"steps": steps})
