"""Edits of a session, for what-if questions, and their text form in links: `remove.3_swap.1.2_insert.4.i12.save`.

Edits are joined by `_`, the parts of an edit by `.`; events are counted from 1, as they stand when the edit's turn
comes, and engagements are written with `-`. Any character of an item id but letters, digits and `-` is written as `~`
and two hexadecimal digits a byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import STREAMREC_WORDS
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput

MOST_EDITS = 40
MOST_CHARACTERS = 6_000
MOST_EVENTS = 500
_PLAIN = re.compile(rb"[A-Za-z0-9-]")
_WRITTEN = re.compile(r"(?:[A-Za-z0-9-]|~[0-9a-f]{2})+")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")

Events = list[tuple[int, int]]
"""(catalogue row, engagement code) of each event."""


@dataclass(frozen=True)
class Edit:
    """One change of a session; which fields it has depends on its verb, see `VERBS`.

    Attributes
    ----------
    verb : str
        remove, swap, move, insert, replace or engage.
    at, to : int
        Numbers of events, from 1; 0 where the verb has none.
    item_id : str
        Empty where the verb has none.
    engagement : str
        A word of the data set; empty where the verb has none.
    """

    verb: str
    at: int
    to: int = 0
    item_id: str = ""
    engagement: str = ""


@dataclass(frozen=True)
class Verb:
    """The fields that a verb takes, its words, and the function that changes a list of events."""

    fields: tuple[str, ...]
    words: str
    act: Callable[[Events, Edit, Catalogue], None]
    grows: bool = False


def _remove(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    if len(events) == 1:
        raise BadInput("no event would be left; a model needs at least one")
    del events[edit.at - 1]


def _swap(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    first, second = edit.at - 1, edit.to - 1
    events[first], events[second] = events[second], events[first]


def _move(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    events.insert(edit.to - 1, events.pop(edit.at - 1))


def _insert(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    if len(events) >= MOST_EVENTS:
        raise BadInput(f"the session would have more than {MOST_EVENTS} events")
    events.insert(edit.at - 1, (_row(edit, catalogue), catalogue.words.code(edit.engagement)))


def _replace(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    events[edit.at - 1] = (_row(edit, catalogue), events[edit.at - 1][1])


def _engage(events: Events, edit: Edit, catalogue: Catalogue) -> None:
    events[edit.at - 1] = (events[edit.at - 1][0], catalogue.words.code(edit.engagement))


def _row(edit: Edit, catalogue: Catalogue) -> int:
    if edit.item_id not in catalogue.rows:
        raise BadInput(f"this catalogue has no item {edit.item_id!r}")
    return catalogue.rows[edit.item_id]


VERBS: dict[str, Verb] = {
    "remove": Verb(("at",), "event {at} removed", _remove),
    "swap": Verb(("at", "to"), "events {at} and {to} swapped", _swap),
    "move": Verb(("at", "to"), "event {at} moved to position {to}", _move),
    "insert": Verb(("at", "item_id", "engagement"), "{title} inserted as event {at} ({engaged})", _insert, grows=True),
    "replace": Verb(("at", "item_id"), "event {at} replaced by {title}", _replace),
    "engage": Verb(("at", "engagement"), "event {at} set to “{engaged}”", _engage),
}


def write_edits(edits: Sequence[Edit]) -> str:
    """Write edits as one string that a link can carry unescaped; empty for none.

    Examples
    --------
    >>> write_edits([Edit("remove", 3), Edit("swap", 1, to=2)])
    'remove.3_swap.1.2'
    """
    return "_".join(
        ".".join((edit.verb, *(_written(edit, name) for name in VERBS[edit.verb].fields))) for edit in edits
    )


def _written(edit: Edit, name: str) -> str:
    value = str(getattr(edit, name))
    if name != "item_id" and (name != "engagement" or STREAMREC_WORDS.find(value) >= 0):
        return value.replace("_", "-")
    return "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"~{byte:02x}" for byte in value.encode())


def read_edits(text: str) -> tuple[Edit, ...]:
    """Read the edits that `write_edits` wrote.

    Raises
    ------
    BadInput
        The text is no list of edits; the message names the edit and its fault.

    Examples
    --------
    >>> read_edits("insert.4.i12.save")
    (Edit(verb='insert', at=4, to=0, item_id='i12', engagement='save'),)
    """
    if not text:
        return ()
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"the list of edits is longer than {MOST_CHARACTERS:,} characters; make fewer edits")
    parts = text.split("_")
    if len(parts) > MOST_EDITS:
        raise BadInput(f"{len(parts)} edits are more than the {MOST_EDITS} allowed for one session; make fewer")
    return tuple(_edit(part, number) for number, part in enumerate(parts, start=1))


def _edit(text: str, number: int) -> Edit:
    verb, *values = text.split(".")
    if verb not in VERBS:
        raise BadInput(f"edit {number}: unknown verb {verb[:40]!r}; choose one of {', '.join(VERBS)}")
    names = VERBS[verb].fields
    if len(values) != len(names):
        raise BadInput(f"edit {number}: {verb} takes {len(names)} values ({', '.join(names)}), got {len(values)}")
    try:
        fields: dict[str, Any] = {name: READERS[name](value) for name, value in zip(names, values, strict=True)}
    except BadInput as error:
        raise BadInput(f"edit {number} ({verb}): {error}") from None
    return Edit(verb, **fields)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"{text[:40]!r} is no event number; events are counted from 1")
    return int(text)


def _item(text: str) -> str:
    if not _WRITTEN.fullmatch(text):
        raise BadInput(f"{text[:40]!r} is no valid id; use letters, digits, - and ~ with two hexadecimal digits a byte")
    raw = b"".join(
        bytes([int(part[1:], 16)]) if part.startswith("~") else part.encode()
        for part in re.findall(r"~[0-9a-f]{2}|[A-Za-z0-9-]", text)
    )
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{text[:40]!r} is not UTF-8") from None


def _engagement(text: str) -> str:
    # One of StreamRec's as people write it; a word of a log as `write_edits` wrote it.
    code = STREAMREC_WORDS.find(text)
    return _item(text) if code < 0 else STREAMREC_WORDS.engagements[code]


READERS: dict[str, Callable[[str], int | str]] = {
    "at": _number,
    "to": _number,
    "item_id": _item,
    "engagement": _engagement,
}


def apply_edits(session: Session, edits: Sequence[Edit], catalogue: Catalogue) -> Session:
    """Copy a session and make the edits, one after the other.

    Parameters
    ----------
    session : Session
        Stays unchanged.
    edits : sequence of Edit
    catalogue : Catalogue
        Of the items to insert.

    Returns
    -------
    Session
        Its times stay those of the positions: an event that moved takes the time of the one in whose place it is, an
        inserted one that of the event before it.

    Raises
    ------
    BadInput
        An edit names an event or an item that does not exist, or would leave no event; the message names its number.
    """
    events: Events = [(int(row), int(mark)) for row, mark in zip(session.items, session.engagements, strict=True)]
    times = None if session.times is None else session.times.tolist()
    for number, edit in enumerate(edits, start=1):
        try:
            _check(edit, len(events))
            VERBS[edit.verb].act(events, edit, catalogue)
            if times is not None:
                _edit_times(times, edit)
        except BadInput as error:
            raise BadInput(f"edit {number} ({edit.verb}): {error}") from None
    return Session(
        session.session_id,
        np.array([row for row, _ in events], np.int32),
        np.array([mark for _, mark in events], np.int8),
        times=None if times is None else np.array(times, np.int64),
    )


def _edit_times(times: list[int], edit: Edit) -> None:
    if edit.verb == "remove":
        del times[edit.at - 1]
    elif VERBS[edit.verb].grows:
        times.insert(edit.at - 1, times[max(edit.at - 2, 0)])


def removed_events(length: int, edits: Sequence[Edit]) -> tuple[tuple[int, int], ...]:
    """Say which events of the original session edits took away, and where in the edited session they stood.

    Parameters
    ----------
    length : int
        Events of the original session.
    edits : sequence of Edit
        Edits that `apply_edits` can make.

    Returns
    -------
    tuple of (int, int)
        For each removed event its position in the original session, and the position of the edited session's event
        that it stood before (their number where it stood last); both count from 0.

    Examples
    --------
    >>> removed_events(4, [Edit("remove", 2), Edit("swap", 1, to=3)])
    ((1, 1),)
    """
    events: list[int | None] = list(range(length))  # positions in the original session; None for what was inserted
    removed: set[int | None] = set()
    for edit in edits:
        present = [at for at, event in enumerate(events) if event is None or event not in removed]
        first = present[edit.at - 1] if edit.at <= len(present) else len(events)
        if edit.verb == "remove":
            if events[first] is None:
                del events[first]
            else:
                removed.add(events[first])
        elif edit.verb == "insert":
            events.insert(first, None)
        elif edit.verb == "swap":
            second = present[edit.to - 1]
            events[first], events[second] = events[second], events[first]
        elif edit.verb == "move":
            event = events.pop(first)
            left = [at for at, other in enumerate(events) if other is None or other not in removed]
            events.insert(left[edit.to - 1] if edit.to <= len(left) else len(events), event)
    stands = []
    before = 0
    for event in events:
        if event is not None and event in removed:
            stands.append((event, before))
        else:
            before += 1
    return tuple(stands)


def _check(edit: Edit, events: int) -> None:
    verb = VERBS[edit.verb]
    last = events + verb.grows
    for name in ("at", "to"):
        if name in verb.fields and not 1 <= getattr(edit, name) <= last:
            raise BadInput(f"a session of {events} events has no position {getattr(edit, name)}")


def edit_in_words(edit: Edit, catalogue: Catalogue) -> str:
    """Describe an edit, such as "event 3 removed".

    Parameters
    ----------
    edit : Edit
    catalogue : Catalogue
        Gives the titles of items, and how engagements are said.

    Returns
    -------
    str
    """
    row = catalogue.rows.get(edit.item_id)
    title = f"“{edit.item_id}”" if row is None else f"“{catalogue.titles[row]}”"
    code = catalogue.words.find(edit.engagement) if edit.engagement else -1
    engaged = edit.engagement if code < 0 else catalogue.words.phrases[code]
    return VERBS[edit.verb].words.format(at=edit.at, to=edit.to, title=title, engaged=engaged)
