"""Sessionise events: order by time, cut at long gaps, drop short sessions, truncate long ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import BoolArray, CodeArray
from streamrec_core.data.importers.event_order import EventOrder, event_order
from streamrec_core.data.importers.events import Events
from streamrec_core.data.importers.time_numbers import MICROSECONDS
from streamrec_core.data.left_out import LeftOut, left_out_sessions
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.progress import report_progress
from streamrec_core.errors import BadInput

SHORTEST = 2
"""A history of one event and the target."""


@dataclass(frozen=True, eq=False)
class Cut:
    """The log, and what did not come into it.

    Attributes
    ----------
    log : EventLog
    rare_events : int
        Events of items that were left out.
    single_sessions : int
        Sessions of one event.
    earlier_events : int
        Events before the last ones that were kept.
    repeats : int
        Events left out that repeat the item and engagement of the event before them.
    order : EventOrder
    """

    log: EventLog
    rare_events: int
    single_sessions: int
    earlier_events: int
    repeats: int
    order: EventOrder


def item_rows(events: Events, least: int) -> IntArray:
    """Number the items that are frequent enough.

    Parameters
    ----------
    events : Events
    least : int
        Events of an item at least.

    Returns
    -------
    (number of items,) int64
        Catalogue row of each item; -1 leaves it out.
    """
    enough = np.bincount(events.items, minlength=len(events.item_names)) >= least
    return np.where(enough, np.cumsum(enough) - 1, -1).astype(np.int64)


def cut_sessions(
    events: Events,
    rows: IntArray,
    path: Path,
    gap_minutes: float | None = None,
    max_events: int = 0,
    collapse_repeats: bool = False,
) -> Cut:
    """Group events by owner in order of time; events of the same time keep file order.

    Parameters
    ----------
    events : Events
    rows : (number of items,) int64
        Catalogue row of each item number, -1 to leave it out.
    path : Path
        The log, for messages.
    gap_minutes : float or None
        A longer pause than this begins a new session.
    max_events : int
        Keep so many events before the target; 0 keeps all.
    collapse_repeats : bool
        Of neighbours with the same item and engagement, keep the first.

    Returns
    -------
    Cut

    Raises
    ------
    BadInput
        No session has two events.
    """
    report_progress(f"Cutting {len(events):,} events into sessions")
    order, starts, lengths = _group(events, rows, gap_minutes)
    certainty = event_order(events, order, starts, lengths)
    repeats, uncollapsed = 0, lengths
    if collapse_repeats:
        repeats, (order, starts, lengths) = _collapsed(events, order, starts, lengths)
    long = lengths >= SHORTEST
    if not long.any():
        message = ": no session has two events, so nothing can be predicted; check the session or user column"
        raise BadInput(message, path=path, fields=["session_column", "user_column"])
    kept_lengths = np.minimum(lengths, max_events + 1) if max_events else lengths
    session_ids = _session_ids(events, order[starts], numbered=gap_minutes is not None)
    log_events = _last_events(order, starts, lengths, np.where(long, kept_lengths, 0))
    owners = events.owners[order[starts[long]]]
    log = EventLog(
        session_ids=tuple(name for name, is_long in zip(session_ids, long.tolist(), strict=True) if is_long),
        offsets=ragged(kept_lengths[long]),
        items=rows.astype(np.int32)[events.items[log_events]],
        engagements=events.engagements[log_events],
        timestamps=_seconds(events.microseconds, log_events),
        user_ids=None if events.users is None else tuple(events.users[owner] for owner in owners),
        left_out=_left_out(events, rows, events.owners[order[starts]], long, session_ids, uncollapsed),
    )
    rare = len(events) - len(order) - repeats
    earlier = int((lengths - kept_lengths)[long].sum())
    return Cut(log, rare, int((~long).sum()), earlier, repeats, certainty)


def _group(events: Events, rows: IntArray, gap_minutes: float | None) -> tuple[IntArray, IntArray, IntArray]:
    """Events in order of owner and time (E,), where each session starts (N,), and how long it is (N,)."""
    keys = [key for key in (events.order, events.microseconds, events.owners) if key is not None]
    of_items = (rows >= 0)[events.items]
    if of_items.all():
        order = np.lexsort(keys)
    else:
        events_of_items = np.flatnonzero(of_items)
        order = events_of_items[np.lexsort([key[events_of_items] for key in keys])]
    owners = events.owners[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = owners[1:] != owners[:-1]
    if gap_minutes is not None and events.microseconds is not None:
        begins[1:] |= np.diff(events.microseconds[order]) > gap_minutes * 60 * MICROSECONDS
    starts = np.flatnonzero(begins)
    return order, starts, np.diff(np.append(starts, len(order)))


def _last_events(order: IntArray, starts: IntArray, lengths: IntArray, most: IntArray) -> IntArray:
    """Of each session the last so many events, `most` (N,)."""
    if np.array_equal(most, lengths):
        return order
    from_end = np.repeat(starts + lengths, lengths) - np.arange(len(order))  # (E,): 1 for the last of a session
    return order[from_end <= np.repeat(most, lengths)]


def _seconds(microseconds: IntArray | None, log_events: IntArray) -> IntArray | None:
    if microseconds is None:
        return None
    seconds = microseconds[log_events]
    seconds //= MICROSECONDS
    return seconds


def _collapsed(
    events: Events, order: IntArray, starts: IntArray, lengths: IntArray
) -> tuple[int, tuple[IntArray, IntArray, IntArray]]:
    """How many events repeat the one before them in their session, and the groups without these."""
    of_event = np.repeat(np.arange(len(lengths)), lengths)
    items, engagements = events.items[order], events.engagements[order]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (items[1:] == items[:-1]) & (engagements[1:] == engagements[:-1]) & (of_event[1:] == of_event[:-1])
    new_lengths = np.bincount(of_event[~again], minlength=len(lengths)).astype(np.int64)
    return int(again.sum()), (order[~again], np.cumsum(new_lengths) - new_lengths, new_lengths)


def _session_ids(events: Events, first_events: IntArray, numbered: bool) -> list[str]:
    """Names of sessions; where gaps cut, the owner's name and the number of the session, from 1."""
    owners = events.owners[first_events]
    if not numbered:
        return [events.owner_names[owner] for owner in owners]
    numbers = np.arange(len(owners)) - np.searchsorted(owners, owners) + 1
    pairs = zip(owners.tolist(), numbers.tolist(), strict=True)
    return [f"{events.owner_names[owner]}-{number}" for owner, number in pairs]


def _left_out(
    events: Events, rows: IntArray, owners: CodeArray, long: BoolArray, session_ids: list[str], uncollapsed: IntArray
) -> LeftOut | None:
    """The sessions that are not in the log, and those without any event; None where there is none.

    `owners`, `long`, `session_ids` and `uncollapsed` (number of events with repeats) are of each session, (N,).
    """
    of_rare_item = (rows < 0)[events.items]
    has_rare = np.bincount(events.owners[of_rare_item], minlength=len(events.owner_names)) > 0
    by_reason: dict[str, list[str]] = {}
    for row in np.flatnonzero(~long).tolist():
        owner = int(owners[row])
        if uncollapsed[row] >= SHORTEST:
            reason = "all its events repeat the first one"
        elif has_rare[owner]:
            reason = "it has one event (those of items with too few events are left out)"
        elif events.owner_names[owner] in events.faulty_owners:
            reason = "it has one event (rows that cannot be used are left out)"
        else:
            reason = "it has one event"
        by_reason.setdefault(reason, []).append(session_ids[row])
    is_absent = np.ones(len(events.owner_names), np.bool_)
    is_absent[owners] = False
    if absent := np.flatnonzero(is_absent).tolist():
        by_reason["all its items have too few events"] = [events.owner_names[owner] for owner in absent]
    if faulty := sorted(events.faulty_owners.difference(events.owner_names) - {""}):
        by_reason["none of its rows can be used"] = faulty
    if empty := sorted(events.empty_owners.difference(events.owner_names, faulty) - {""}):
        by_reason["its list of items is empty"] = empty
    return left_out_sessions(by_reason) if by_reason else None
