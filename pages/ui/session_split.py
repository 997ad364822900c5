"""The test sessions of a data set, in the order of the log, for stepping from one to the next."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split


@dataclass(frozen=True)
class SessionSplit:
    """The test sessions of a data set, and the sessions used for training.

    Attributes
    ----------
    test_rows : tuple of int
        Log rows of the test sessions, rising.
    test_ids : tuple of str
        Their ids, in the same order.
    trained_rows : frozenset of int
        Log rows of sessions for training or validation, unless their last event is a test too.
    """

    test_rows: tuple[int, ...]
    test_ids: tuple[str, ...]
    trained_rows: frozenset[int]

    def next(self, row: int) -> str:
        """Id of the test session after this log row, from the last on to the first."""
        return self.test_ids[bisect_right(self.test_rows, row) % len(self.test_rows)]

    def previous(self, row: int) -> str:
        """Id of the test session before this log row, from the first on to the last."""
        return self.test_ids[bisect_left(self.test_rows, row) - 1]

    def number(self, row: int) -> int | None:
        """Number of a test session counted from 1; None for any other session."""
        index = bisect_left(self.test_rows, row)
        return index + 1 if index < len(self.test_rows) and self.test_rows[index] == row else None


def split_sessions(dataset: DataSet) -> SessionSplit:
    """Divide the sessions of a data set by its own split."""
    parts = split(dataset)
    test_rows = tuple(sorted({int(row) for row in parts.test.sessions}))
    trained = {int(row) for examples in (parts.train, parts.validation) for row in examples.sessions}
    ids = dataset.log.session_ids
    return SessionSplit(test_rows, tuple(ids[row] for row in test_rows), frozenset(trained.difference(test_rows)))
