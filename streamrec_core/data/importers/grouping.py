"""The order of events by owner and time, sorted group by group so that a long log is never sorted at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from streamrec_core.data import long_columns
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.importers.coded import BoolArray
from streamrec_core.data.importers.events import Events
from streamrec_core.data.long_columns import long_array, steps


def grouped_order(events: Events, has_row: BoolArray) -> IntArray:
    """Events of some items, by owner, time and number; those of which all are the same keep file order.

    Parameters
    ----------
    events : Events
    has_row : (number of items,) bool
        Which items.

    Returns
    -------
    (number of their events,) int64
        Numbers of the events.
    """
    counts = np.zeros(len(events.owner_names), np.int64)
    for part in steps(len(events)):
        counts += np.bincount(events.owners[part][has_row[events.items[part]]], minlength=len(counts))
    ends = np.cumsum(counts)
    order = long_array(int(ends[-1]) if len(ends) else 0, np.int64)
    groups = list(whole_sessions(ends))
    borders = np.array([ends[group.stop - 1] for group in groups], np.int64)
    group_of = np.searchsorted(borders, ends).astype(np.int32)  # of each owner
    _fill(order, events, has_row, group_of, np.append(0, borders))
    for start, stop in zip(np.append(0, borders)[:-1], borders, strict=True):
        rows = order[start:stop]
        keys = [key[rows] for key in (events.order, events.microseconds, events.owners) if key is not None]
        order[start:stop] = rows[np.lexsort(keys)]
    return order


def whole_sessions(ends: IntArray) -> Iterator[slice]:
    """Sessions, or owners, with about `long_columns.STEP` events together.

    Parameters
    ----------
    ends : (N,) int64
        Events up to the end of each.
    """
    first = 0
    while first < len(ends):
        before = int(ends[first - 1]) if first else 0
        stop = max(int(np.searchsorted(ends, before + long_columns.STEP, side="right")), first + 1)
        yield slice(first, stop)
        first = stop


def _fill(
    order: IntArray, events: Events, has_row: BoolArray, group_of: npt.NDArray[np.int32], starts: IntArray
) -> None:
    """Write the numbers of the events of each group, in file order, from where the group starts."""
    free = starts.copy()
    for part in steps(len(events)):
        rows = part.start + np.flatnonzero(has_row[events.items[part]])
        groups = group_of[events.owners[rows]]
        by_group = np.argsort(groups, kind="stable")
        rows = rows[by_group]
        numbers, firsts, sizes = np.unique(groups[by_group], return_index=True, return_counts=True)
        for group, first, size in zip(numbers.tolist(), firsts.tolist(), sizes.tolist(), strict=True):
            order[free[group] : free[group] + size] = rows[first : first + size]
            free[group] += size
