"""Which sessions a visitor walks through: the test sessions, in the order of the log."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split


@dataclass(frozen=True)
class Parts:
    """The test sessions of a data set, and what the rest was for.

    Attributes
    ----------
    rows : tuple of int
        Log rows of the test sessions, rising.
    test_ids : tuple of str
        Their ids, in the same order.
    learned : frozenset of int
        Log rows of sessions that the model learned from or was chosen by, unless their last event is a test too.
    """

    rows: tuple[int, ...]
    test_ids: tuple[str, ...]
    learned: frozenset[int]

    def next(self, row: int) -> str:
        """Id of the test session after this log row, from the last on to the first."""
        place = bisect_right(self.rows, row)
        return self.test_ids[place % len(self.rows)]

    def previous(self, row: int) -> str:
        """Id of the test session before this log row, from the first on to the last."""
        return self.test_ids[bisect_left(self.rows, row) - 1]

    def place(self, row: int) -> int | None:
        """Number of a test session counted from 1; None for any other session."""
        found = bisect_left(self.rows, row)
        return found + 1 if found < len(self.rows) and self.rows[found] == row else None


def divide(dataset: DataSet) -> Parts:
    """The split of a data set as the session picker needs it."""
    divided = split(dataset)
    rows = tuple(sorted({int(row) for row in divided.test.sessions}))
    learned = {int(row) for part in (divided.train, divided.validation) for row in part.sessions}
    ids = dataset.log.session_ids
    return Parts(rows, tuple(ids[row] for row in rows), frozenset(learned.difference(rows)))
