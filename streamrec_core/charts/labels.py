"""Titles as chart labels: short, and harmless whatever they contain."""

from __future__ import annotations

import html

ELLIPSIS = "…"


def shorten(text: str, width: int) -> str:
    """The text on one line, at most `width` characters long; what is cut off is marked by an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + ELLIPSIS


def chart_label(text: str, width: int = 40) -> str:
    """A title for a Plotly figure, which would otherwise render links and markup in it."""
    return html.escape(shorten(text, width), quote=False)


def event_labels(titles: list[str], width: int = 40) -> list[str]:
    """Distinct labels of a session's events, numbered from 1: "3 · Night Shift"."""
    return [f"{number} · {chart_label(title, width)}" for number, title in enumerate(titles, start=1)]
