"""Moments of jobs and runs in the visitor's time zone, in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def when(timestamp: float) -> str:
    """A moment as a person writes it: "14:03" for one of today, else "27 Nov 14:03".

    Parameters
    ----------
    timestamp : float
        Seconds since 1970.
    """
    moment, now = datetime.fromtimestamp(timestamp, _zone()), datetime.now(_zone())
    if moment.date() == now.date():
        return f"{moment:%H:%M}"
    year = f" {moment.year}" if moment.year != now.year else ""
    return f"{moment.day} {moment:%b}{year} {moment:%H:%M}"


def _zone() -> ZoneInfo | None:
    """The time zone of the visitor's browser; None, which is that of the server, where it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ValueError, ZoneInfoNotFoundError):
        return None
