"""How far a log knows the order of its events: neighbours of the same time, exact duplicates, sessions in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.events import Events

PIECE = 1 << 20
"""Events that are looked at a time, in whole sessions."""


@dataclass(frozen=True)
class EventOrder:
    """Counts over sessions of two or more events; what shares time and order keeps the order of the file.

    Attributes
    ----------
    pairs, tied_pairs : int
        Neighbours in a session, and those of the same time.
    sessions, unordered_sessions : int
        Sessions, and those with such neighbours of different items.
    duplicates : int
        Events that repeat an earlier one of their session in item, engagement and time.
    """

    pairs: int = 0
    tied_pairs: int = 0
    sessions: int = 0
    unordered_sessions: int = 0
    duplicates: int = 0


def event_order(events: Events, order: IntArray, starts: IntArray, lengths: IntArray) -> EventOrder:
    """Count ties and duplicates; without times and order nothing is known, and every neighbour is tied.

    Parameters
    ----------
    events : Events
    order : (E,) int64
        Events sorted by session and time.
    starts, lengths : (N,) int64
        Of each session.

    Returns
    -------
    EventOrder
    """
    total = np.zeros(5, np.int64)
    at = 0
    while at < len(starts):
        end = max(int(np.searchsorted(starts, starts[at] + PIECE)), at + 1)
        total += _counts(events, order[starts[at] : starts[end - 1] + lengths[end - 1]], lengths[at:end])
        at = end
    return EventOrder(*total.tolist())


def _counts(events: Events, order: IntArray, lengths: IntArray) -> IntArray:
    """The fields of `EventOrder` for some sessions, whose events are `order`."""
    of_event = np.repeat(np.arange(len(lengths)), lengths)
    neighbours = of_event[1:] == of_event[:-1]
    tied = neighbours.copy()
    for key in (events.microseconds, events.order):
        if key is not None:
            stamps = key[order]
            tied &= stamps[1:] == stamps[:-1]
    items, engagements = events.items[order], events.engagements[order]
    in_doubt = tied & (items[1:] != items[:-1])
    duplicates = 0
    if events.microseconds is not None and tied.any():
        # (E,) number of the group of events that share session and time; only groups of several are looked at
        group = np.concatenate([[0], np.cumsum(~tied)])
        several = np.zeros(len(order), np.bool_)
        several[1:] |= tied
        several[:-1] |= tied
        events_of_groups = np.stack([group[several], items[several], engagements[several].astype(np.int64)], axis=1)
        duplicates = len(events_of_groups) - len(np.unique(events_of_groups, axis=0))
    counts = [neighbours.sum(), tied.sum(), (lengths >= 2).sum(), len(np.unique(of_event[1:][in_doubt])), duplicates]
    return np.array(counts, np.int64)
