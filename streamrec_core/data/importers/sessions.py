"""Sessionise events: order by time, cut at long gaps, drop short sessions, truncate long ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import BoolArray, CodeArray
from streamrec_core.data.importers.event_order import EventOrder, event_order
from streamrec_core.data.importers.events import Events
from streamrec_core.data.importers.time_numbers import MICROSECONDS
from streamrec_core.data.left_out import LeftOut, left_out_sessions
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.long_columns import (
    LongColumn,
    bucketed,
    code_counts,
    gathered,
    long_array,
    steps,
    whole_groups,
)
from streamrec_core.data.progress import report_progress
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput

SHORTEST = 2
"""A history of one event and the target."""
SHORT_REASONS = (
    "all its events repeat the first one",
    "it has one event (those of items with too few events are left out)",
    "it has one event (rows that cannot be used are left out)",
    "it has one event",
)


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
    enough = code_counts(events.items, len(events.item_names)) >= least
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
        repeats, (order, starts, lengths) = _collapsed(events, order, lengths)
    long = lengths >= SHORTEST
    if not long.any():
        message = ": no session has two events, so nothing can be predicted; check the session or user column"
        raise BadInput(message, path=path, fields=["session_column", "user_column"])
    kept_lengths = np.minimum(lengths, max_events + 1) if max_events else lengths
    owners = events.owners[order[starts]]
    session_ids = _session_ids(events, owners, numbered=gap_minutes is not None)
    log_events = _last_events(order, lengths, np.where(long, kept_lengths, 0))
    log = EventLog(
        session_ids=session_ids.filter(long),
        offsets=ragged(kept_lengths[long]),
        items=gathered(rows, gathered(events.items, log_events), np.int32),
        engagements=gathered(events.engagements, log_events),
        timestamps=_seconds(events.microseconds, log_events),
        user_ids=None if events.users is None else events.users.take(owners[long]),
        left_out=_left_out(events, rows, owners, long, session_ids, uncollapsed),
    )
    rare = len(events) - len(order) - repeats
    earlier = int((lengths - kept_lengths)[long].sum())
    return Cut(log, rare, int((~long).sum()), earlier, repeats, certainty)


def _group(events: Events, rows: IntArray, gap_minutes: float | None) -> tuple[IntArray, IntArray, IntArray]:
    """Events in order of owner and time (E,), where each session starts (N,), and how long it is (N,)."""
    order = _sorted(events, rows >= 0)
    starts = LongColumn(np.int64)
    for part in steps(len(order)):
        here = order[max(part.start - 1, 0) : part.stop]  # with the event before, for the first to differ from
        begins = np.ones(len(here), np.bool_)
        owners = events.owners[here]
        begins[1:] = owners[1:] != owners[:-1]
        if gap_minutes is not None and events.microseconds is not None:
            begins[1:] |= np.diff(events.microseconds[here]) > gap_minutes * 60 * MICROSECONDS
        starts.add(part.start + np.flatnonzero(begins[len(here) - (part.stop - part.start) :]))
    first_events = starts.whole()
    return order, first_events, np.diff(np.append(first_events, len(order)))


def _sorted(events: Events, has_row: BoolArray) -> IntArray:
    """Numbers of the events of some items, by owner, time and number; those of which all are the same keep file order.

    They are sorted some owners at a time: a long log is never sorted at once.
    """
    counts = np.zeros(len(events.owner_names), np.int64)
    for part in steps(len(events)):
        counts += np.bincount(events.owners[part][has_row[events.items[part]]], minlength=len(counts))
    keys = [key for key in (events.order, events.microseconds, events.owners) if key is not None]
    order = long_array(0, np.int64)
    for order, part in bucketed(events.owners, counts, lambda part: has_row[events.items[part]]):
        rows = order[part]
        order[part] = rows[np.lexsort([key[rows] for key in keys])]
    return order


def _last_events(order: IntArray, lengths: IntArray, most: IntArray) -> IntArray:
    """Of each session the last so many events, `most` (N,)."""
    if np.array_equal(most, lengths):
        return order
    column = LongColumn(np.int64)
    ends = np.cumsum(lengths)
    for sessions in whole_groups(ends):
        of_event = np.repeat(np.arange(sessions.start, sessions.stop), lengths[sessions])
        first = ends[sessions.start] - lengths[sessions.start]
        events = order[first : ends[sessions.stop - 1]]
        from_end = ends[of_event] - np.arange(first, first + len(events))  # 1 for the last of a session
        column.add(events[from_end <= most[of_event]])
    return column.whole()


def _seconds(microseconds: IntArray | None, log_events: IntArray) -> IntArray | None:
    if microseconds is None:
        return None
    seconds = gathered(microseconds, log_events)
    for part in steps(len(seconds)):
        seconds[part] //= MICROSECONDS
    return seconds


def _collapsed(events: Events, order: IntArray, lengths: IntArray) -> tuple[int, tuple[IntArray, IntArray, IntArray]]:
    """How many events repeat the one before them in their session, and the groups without these."""
    remaining, new_lengths = LongColumn(np.int64), np.zeros_like(lengths)
    ends = np.cumsum(lengths)
    for sessions in whole_groups(ends):
        part = order[ends[sessions.start] - lengths[sessions.start] : ends[sessions.stop - 1]]
        of_event = np.repeat(np.arange(sessions.stop - sessions.start), lengths[sessions])
        items, engagements = events.items[part], events.engagements[part]
        again = np.zeros(len(part), np.bool_)
        again[1:] = (items[1:] == items[:-1]) & (engagements[1:] == engagements[:-1]) & (of_event[1:] == of_event[:-1])
        remaining.add(part[~again])
        new_lengths[sessions] = np.bincount(of_event[~again], minlength=sessions.stop - sessions.start)
    left = remaining.whole()
    return len(order) - len(left), (left, np.cumsum(new_lengths) - new_lengths, new_lengths)


def _session_ids(events: Events, owners: CodeArray, numbered: bool) -> StringColumn:
    """Names of sessions; where gaps cut, the owner's name and the number of the session, from 1."""
    names = events.owner_names.take(owners)
    if not numbered:
        return names
    numbers = pa.array(np.arange(len(owners)) - np.searchsorted(owners, owners) + 1).cast(pa.string())
    return StringColumn(pc.binary_join_element_wise(names.array, numbers, "-"))


def _left_out(
    events: Events, rows: IntArray, owners: CodeArray, long: BoolArray, session_ids: StringColumn, uncollapsed: IntArray
) -> LeftOut | None:
    """The sessions that are not in the log, and those without any event; None where there is none.

    `owners`, `long`, `session_ids` and `uncollapsed` (number of events with repeats) are of each session, (N,).
    """
    short = np.flatnonzero(~long)
    is_faulty = events.owner_names.is_in(events.faulty_owners)
    # of each session the first of the reasons that fits
    reason = np.select(
        [uncollapsed[short] >= SHORTEST, _has_rare_items(events, rows)[owners[short]], is_faulty[owners[short]]],
        list(range(len(SHORT_REASONS) - 1)),
        len(SHORT_REASONS) - 1,
    )
    _, first = np.unique(reason, return_index=True)
    by_reason: dict[str, Sequence[str]] = {
        SHORT_REASONS[code]: session_ids.take(short[reason == code]) for code in reason[np.sort(first)].tolist()
    }
    is_absent = np.ones(len(events.owner_names), np.bool_)
    is_absent[owners] = False
    if is_absent.any():
        by_reason["all its items have too few events"] = events.owner_names.filter(is_absent)
    if faulty := sorted(events.faulty_owners.difference(events.owner_names.filter(is_faulty)) - {""}):
        by_reason["none of its rows can be used"] = faulty
    with_events = events.owner_names.filter(events.owner_names.is_in(events.empty_owners))
    if empty := sorted(events.empty_owners.difference(with_events, faulty) - {""}):
        by_reason["its list of items is empty"] = empty
    return left_out_sessions(by_reason) if by_reason else None


def _has_rare_items(events: Events, rows: IntArray) -> BoolArray:
    """Of each owner, whether it has events of items that are left out."""
    has_rare = np.zeros(len(events.owner_names), np.bool_)
    if (rows < 0).any():
        for part in steps(len(events)):
            has_rare[events.owners[part][rows[events.items[part]] < 0]] = True
    return has_rare
