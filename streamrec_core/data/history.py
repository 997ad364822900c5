"""Parse and write a session given as text: item ids or titles, each with its engagement."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, unquote

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import CLICK
from streamrec_core.data.log import Session
from streamrec_core.data.similar_titles import similar_titles
from streamrec_core.errors import BadInput

HISTORY_ID = "history"
"""Session id of what was written by hand."""
MOST_FAULTS = 5
"""Unknown items that one message names."""
GAP = re.compile(r"@(\d{1,10})$", re.ASCII)
"""Seconds after the event before, at the end of an event of a link; a `@` in an id is escaped there."""
LONGEST_TEXT = 200_000
"""Characters that are read at most; a thousand events with long titles fit many times."""


def parse_history(text: str, catalogue: Catalogue, source: str = "history") -> Session:
    """A session from ids or titles, one a line or joined by `;` or commas, each with `=engagement` if not a click.

    Parameters
    ----------
    text : str
        One a line, joined by `;` or commas, or a JSON list of ids, titles or pairs with an engagement. Where titles
        hold a `;`, one a line and JSON are safe.
    catalogue : Catalogue
    source : str
        What messages call the text: an option, a file, a text box.

    Returns
    -------
    Session

    Raises
    ------
    BadInput
        The text is empty or too long, or an item or an engagement is unknown; the message names its place.
    """
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"{source} has {len(text):,} characters; give at most {LONGEST_TEXT:,}, one session at a time")
    text = text.strip()
    if text in catalogue.rows or text in catalogue.titles:
        pieces = [text]
    elif text.startswith("["):
        pieces = _json_events(text, source)
    else:
        pieces = text.split(next((mark for mark in ("\n", ";") if mark in text), ","))
    return history_of_items([piece.strip() for piece in pieces if piece.strip()], catalogue, source)


def _json_events(text: str, source: str) -> list[str]:
    """The events of a JSON list, each an id or title, a pair with its engagement, or a record of both."""
    try:
        events = json.loads(text)
    except ValueError as error:
        message = f'{source} begins with [ and is not JSON ({error}); write it as ["id", "title", ["id", "save"]]'
        raise BadInput(message) from None
    written = []
    for event in events:
        if isinstance(event, dict):
            event = [event.get("item", ""), *([event["engagement"]] if "engagement" in event else [])]
        written.append("=".join(map(str, event)) if isinstance(event, list) else str(event))
    return written


def history_of_items(items: Sequence[str], catalogue: Catalogue, source: str = "history") -> Session:
    """A session from ids or titles in order, each with `=engagement` if not a click.

    Parameters
    ----------
    items : sequence of str
    catalogue : Catalogue
    source : str
        What messages call the items.

    Raises
    ------
    BadInput
        There is no item, or items or engagements are unknown; the message names the place of each, up to five, and
        titles that are spelled alike.
    """
    events, faults = [], []
    for number, part in enumerate(items, start=1):
        try:
            events.append(_event(part, catalogue))
        except BadInput as error:
            faults.append(f"event {number}: {error}{_suggestion(part, catalogue)}")
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS:,} more" if len(faults) > MOST_FAULTS else ""
        raise BadInput(f"{source}, {'; '.join(faults[:MOST_FAULTS])}{more}")
    if not events:
        raise BadInput(f"{source} is empty; give item ids or titles joined by ;")
    return _session(events)


def _suggestion(part: str, catalogue: Catalogue) -> str:
    """Titles that are spelled like one that does not exist; empty where another thing is wrong, or nothing is alike."""
    name = part.rpartition("=")[0] or part
    if name.strip().casefold() in (title.casefold() for title in catalogue.titles):
        return ""
    titles = [repr(catalogue.titles[row]) for row in similar_titles(catalogue, name)]
    return f"; did you mean {' or '.join(titles)}?" if titles else ""


def compact(session: Session, catalogue: Catalogue, times: bool = False) -> str:
    """Write a session as one line for a link; `from_compact` reads it.

    Parameters
    ----------
    session : Session
    catalogue : Catalogue
    times : bool
        Whether to write how far events are apart, where that is known: for a model that reads times.

    Returns
    -------
    str
        Ids joined by `;`, each with `=engagement` if not a click and `@seconds` if later than the event before.
    """
    gaps = np.zeros(len(session), np.int64)
    if times and session.times is not None:
        gaps[1:] = np.diff(session.times)
    events = zip(session.items.tolist(), session.engagements.tolist(), gaps.tolist(), strict=True)
    return ";".join(
        quote(catalogue.item_ids[row], safe="")
        + (f"={quote(catalogue.words.engagements[mark], safe='')}" if mark != CLICK else "")
        + (f"@{gap}" if gap > 0 else "")
        for row, mark, gap in events
    )


def from_compact(text: str, catalogue: Catalogue) -> Session:
    """Read the session that `compact` wrote; raises `BadInput` naming the event that cannot be read.

    Parameters
    ----------
    text : str
    catalogue : Catalogue

    Returns
    -------
    Session
    """
    events, gaps = [], []
    for number, part in enumerate(text[:LONGEST_TEXT].split(";"), start=1):
        gap = GAP.search(part)
        gaps.append(int(gap[1]) if gap else 0)
        name, _, mark = (part[: gap.start()] if gap else part).partition("=")
        row = catalogue.rows.get(unquote(name))
        if row is None:
            raise BadInput(f"event {number} of the link: no item has the id {unquote(name)[:80]!r} in this catalogue")
        try:
            events.append((row, catalogue.words.code(unquote(mark)) if mark else CLICK))
        except BadInput as error:
            raise BadInput(f"event {number} of the link: {error}") from None
    session = _session(events)
    return replace(session, times=np.cumsum(np.array(gaps, np.int64))) if any(gaps) else session


def _session(events: list[tuple[int, int]]) -> Session:
    rows, marks = zip(*events, strict=True)
    return Session(HISTORY_ID, np.array(rows, np.int32), np.array(marks, np.int8))


def _event(text: str, catalogue: Catalogue) -> tuple[int, int]:
    name, equals, mark = text.rpartition("=")
    try:
        return catalogue.row(text), CLICK
    except BadInput:
        if not equals:
            raise
    return catalogue.row(name), catalogue.words.code(mark)
