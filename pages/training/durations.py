"""Durations in words."""

from __future__ import annotations


def in_words(seconds: float) -> str:
    """A duration, as exact as needed to decide whether to wait: "40 s", "3 min", "2 h 10 min"."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
