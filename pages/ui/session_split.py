"""The test sessions of a data set, in the order of the log, for stepping from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Split


@dataclass(frozen=True, eq=False)
class SessionSplit:
    """The test sessions of a data set, and the sessions used for training, without a Python object for each.

    Attributes
    ----------
    test_rows : (T,) int64
        Log rows of the test sessions, rising.
    test_ids : sequence of T str
        Their ids, in the same order.
    trained : (N,) bool
        Of each session of the log, whether it is for training or validation and its last event is no test.
    """

    test_rows: IntArray
    test_ids: Sequence[str]
    trained: npt.NDArray[np.bool_]

    def next(self, row: int) -> str:
        """Id of the test session after this log row, from the last on to the first."""
        return self.test_ids[int(np.searchsorted(self.test_rows, row, side="right")) % len(self.test_rows)]

    def previous(self, row: int) -> str:
        """Id of the test session before this log row, from the first on to the last."""
        return self.test_ids[int(np.searchsorted(self.test_rows, row)) - 1]

    def number(self, row: int) -> int | None:
        """Number of a test session counted from 1; None for any other session."""
        index = int(np.searchsorted(self.test_rows, row))
        return index + 1 if index < len(self.test_rows) and self.test_rows[index] == row else None


def split_sessions(log: EventLog, parts: Split) -> SessionSplit:
    """The sessions of a log as a split divides them."""
    test_rows = np.unique(parts.test.sessions)
    trained = np.zeros(len(log), np.bool_)
    for examples in (parts.train, parts.validation):
        trained[examples.sessions] = True
    trained[test_rows] = False
    return SessionSplit(test_rows, log.ids_of(test_rows), trained)
