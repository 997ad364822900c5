"""The event log in memory: ragged columns, one long array a field, with offsets where sessions begin."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray, strings_digest
from streamrec_core.data.left_out import LeftOut
from streamrec_core.data.pseudonyms import PSEUDONYM, PseudonymIndex, workspace_key
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput

ItemArray = npt.NDArray[np.int32]
EngagementArray = npt.NDArray[np.int8]
HASHED = 1 << 20
"""Values that are hashed at a time."""


@dataclass(frozen=True, eq=False)
class Session:
    """The events of one session in order, or the history part of them.

    Attributes
    ----------
    session_id : str
    items : (L,) int32
        Catalogue rows.
    engagements : (L,) int8
        Codes into the engagements of the data set's words.
    start : int
        Position of the first of these events in the whole session: how many older ones are left out.
    times : (L,) int64 or None
        Seconds since any fixed moment, never falling; None where they are not known.
    """

    session_id: str
    items: ItemArray
    engagements: EngagementArray
    start: int = 0
    times: IntArray | None = None

    def __len__(self) -> int:
        return len(self.items)

    def until(self, end: int) -> Session:
        """The events before place `end`, counted as a slice counts: -1 leaves the last one out."""
        times = None if self.times is None else self.times[:end]
        return Session(self.session_id, self.items[:end], self.engagements[:end], self.start, times)

    def last(self, most: int) -> Session:
        """At most so many of the last events, which remember their positions: what a model reads of a session.

        Examples
        --------
        >>> Session("s", np.arange(5, dtype=np.int32), np.zeros(5, np.int8)).last(2).start
        3
        """
        cut = max(len(self) - most, 0)
        times = None if self.times is None else self.times[cut:]
        return Session(self.session_id, self.items[cut:], self.engagements[cut:], self.start + cut, times)

    def take(self, which: npt.NDArray[np.bool_] | IntArray) -> Session:
        """Some of the events, by a mask (L,) or by rising positions; what is left counts as a session of its own.

        Examples
        --------
        >>> session = Session("s", np.array([4, 5, 6], np.int32), np.zeros(3, np.int8), times=np.array([0, 9, 60]))
        >>> session.take(np.array([0, 2])).times.tolist()
        [0, 60]
        """
        times = None if self.times is None else self.times[which]
        return Session(self.session_id, self.items[which], self.engagements[which], times=times)

    def number(self, position: int) -> int:
        """The number of one of these events in the whole session, from 1, as people count."""
        return self.start + position + 1


@dataclass(frozen=True, eq=False)
class EventLog:
    """N sessions of E events together; session `i` is `items[offsets[i]:offsets[i + 1]]`.

    Attributes
    ----------
    session_ids : StringColumn of N str
        Made of any sequence of them.
    offsets : (N + 1,) int64
    items : (E,) int32
        Catalogue rows.
    engagements : (E,) int8
        Codes into the engagements of the data set's words.
    timestamps : (E,) int64 or None
        Seconds since 1970, where the source knows them.
    user_ids : StringColumn of N str, or None
    left_out : LeftOut or None
        Sessions of the source that its import left out.
    """

    session_ids: Sequence[str]
    offsets: IntArray
    items: ItemArray
    engagements: EngagementArray
    timestamps: IntArray | None = None
    user_ids: Sequence[str] | None = None
    left_out: LeftOut | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "session_ids", StringColumn(self.session_ids))
        if self.user_ids is not None:
            object.__setattr__(self, "user_ids", StringColumn(self.user_ids))

    def __len__(self) -> int:
        return len(self.session_ids)

    @property
    def lengths(self) -> IntArray:
        """(N,) number of events of each session, the target included."""
        return np.diff(self.offsets)

    def session(self, row: int) -> Session:
        """All events of the session in `row`."""
        part = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        times = None if self.timestamps is None else self.timestamps[part]
        return Session(self.session_ids[row], self.items[part], self.engagements[part], times=times)

    def ids_of(self, rows: IntArray) -> StringColumn:
        """Ids of the sessions in these rows."""
        return StringColumn(self.session_ids).take(rows)

    def row(self, session_id: str) -> int:
        """Row of the session with this id or pseudonym; raises `BadInput`, with the reason if it was left out."""
        row = self._find(str(session_id))
        if row < 0:
            raise BadInput(self._why_absent(str(session_id)), value=session_id)
        return row

    def names_session(self, session_id: str) -> bool:
        """Whether the session is in the log, or is listed as left out of it."""
        return self._find(session_id) >= 0 or bool(self.left_out and self.left_out.reason(session_id))

    def _find(self, session_id: str) -> int:
        """Row of the session with this id or pseudonym; -1 where there is none."""
        try:
            return self.session_ids.index(session_id)
        except ValueError:
            return self._pseudonyms.row(session_id, workspace_key()) if PSEUDONYM.fullmatch(session_id) else -1

    @cached_property
    def _pseudonyms(self) -> PseudonymIndex:
        return PseudonymIndex(StringColumn(self.session_ids))

    def _why_absent(self, session_id: str) -> str:
        if self.left_out and (reason := self.left_out.reason(session_id)):
            return f"session {session_id!r} was left out at import, because {reason}"
        few = ", ".join(self.session_ids[:3])
        message = f"no session {session_id!r} among {len(self):,}; ids look like {few} (list them in sessions.parquet)"
        if self.left_out and self.left_out.total > len(self.left_out.session_ids):
            listed = len(self.left_out.session_ids)
            message += f"; of {self.left_out.total:,} sessions left out at import, only {listed:,} are known by id"
        return message

    def hash(self) -> str:
        """SHA-256 over session ids, offsets, items, engagements and times; takes seconds on large logs."""
        digest = hashlib.sha256(strings_digest(self.session_ids))
        for numbers in (self.offsets, self.items, self.engagements, self.timestamps):
            if numbers is not None:
                for start in range(0, len(numbers), HASHED):
                    digest.update(np.ascontiguousarray(numbers[start : start + HASHED], dtype="<i8").tobytes())
        return digest.hexdigest()


def ragged(lengths: Sequence[int] | IntArray) -> IntArray:
    """Offsets (N + 1,) of sessions with these lengths."""
    return np.concatenate(([0], np.cumsum(np.asarray(lengths, np.int64))))
