"""Split a log into training, validation and test: by session, by time, or leave-last-out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.log import EventLog, ItemArray, Session
from streamrec_core.errors import BadInput

SPLIT_SEED = 42
TEST_SHARE = 0.2
VALIDATION_SHARE = 0.08
"""Of all sessions: 1,600 of 20,000, taken from the 16,000 that are not the test."""

PartName = Literal["train", "validation", "test"]


@dataclass(frozen=True, eq=False)
class Examples:
    """M predictions: the history is `session[:end]`, the target the event at `end`.

    Attributes
    ----------
    sessions, ends : (M,) int64
        Row of the session in the log, and position of the target in it.
    """

    sessions: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.sessions)

    def take(self, rows: IntArray) -> Examples:
        """The examples in these rows, in this order."""
        return Examples(self.sessions[rows], self.ends[rows])

    def filter(self, mask: npt.NDArray[np.bool_]) -> Examples:
        """The examples where a mask (M,) is true."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def sample(self, number: int, seed: int = 0) -> Examples:
        """Draw examples without replacement, in the order of the log.

        Parameters
        ----------
        number : int
            At most so many.
        seed : int

        Returns
        -------
        drawn : Examples
        """
        drawn = np.random.default_rng(seed).permutation(len(self))[:number]
        return self.take(np.sort(drawn))

    def pieces(self, events: int) -> Iterator[Examples]:
        """The examples in order, so many at a time that their histories and targets hold about `events` events."""
        passed = np.cumsum(self.ends + 1)
        limits = np.arange(events, passed[-1] if len(passed) else 0, events)
        for part in np.split(np.arange(len(self)), np.searchsorted(passed, limits)):
            if len(part):
                yield self.take(part)

    def targets(self, log: EventLog) -> IntArray:
        """(M,) catalogue rows of the targets."""
        return log.items[log.offsets[self.sessions] + self.ends].astype(np.int64)

    def histories(self, log: EventLog) -> list[Session]:
        """The M histories, each without its target and what came after."""
        return [
            log.session(row).until(end) for row, end in zip(self.sessions.tolist(), self.ends.tolist(), strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts of one log, none of which holds a target of another."""

    kind: SplitKind
    train: Examples
    validation: Examples
    test: Examples

    def part(self, name: str) -> Examples:
        """The part called train, validation or test; raises `BadInput` for any other name."""
        if name not in get_args(PartName):
            raise BadInput(f"no part {name!r} in a split; choose train, validation or test")
        examples: Examples = getattr(self, name)
        return examples


def split(dataset: DataSet, kind: SplitKind | None = None) -> Split:
    """Divide a data set into training, validation and test.

    Parameters
    ----------
    dataset : DataSet
    kind : str or None
        Name in `SPLITS`; None: as its card says.

    Returns
    -------
    Split

    Raises
    ------
    BadInput
        The way is unknown, needs times the log lacks, or leaves a part empty.

    Examples
    --------
    >>> from streamrec_core.data.presets import make
    >>> import pathlib, tempfile
    >>> dataset = make("case-study", sessions=100, folder=pathlib.Path(tempfile.mkdtemp()) / "small")
    >>> parts = split(dataset)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (72, 8, 20)
    """
    kind = kind or dataset.card.split
    if kind not in SPLITS:
        raise BadInput(f"unknown split {kind!r}; choose one of {', '.join(SPLITS)}")
    train, validation, test = (_predictable(part, dataset) for part in SPLITS[kind](dataset.log))
    if not len(train) or not len(test):
        raise BadInput(
            f"{dataset.name}: a {kind} split of {len(dataset.log):,} sessions leaves {len(train):,} to learn from and "
            f"{len(test):,} to test on; give more sessions or another split"
        )
    return Split(kind, train, validation, test)


def by_session(log: EventLog) -> tuple[Examples, Examples, Examples]:
    """Whole sessions at random (fixed seed): 72 % train, 8 % validation, 20 % test."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(log))
    return _cut(log, order)


def by_time(log: EventLog) -> tuple[Examples, Examples, Examples]:
    """Whole sessions in the order of their last event: the first 72 % train, the last 20 % test."""
    if log.timestamps is None:
        raise BadInput("a split by time needs a timestamp column; import one or choose the session split")
    return _cut(log, np.argsort(log.timestamps[log.offsets[1:] - 1], kind="stable"))


def leave_last_out(log: EventLog) -> tuple[Examples, Examples, Examples]:
    """Of every session the last event is test, the one before it validation, the rest train."""
    rows = np.arange(len(log), dtype=np.int64)
    last = log.lengths - 1
    return Examples(rows, last - 2), Examples(rows, last - 1), Examples(rows, last)


SPLITS: dict[str, Callable[[EventLog], tuple[Examples, Examples, Examples]]] = {
    "session": by_session,
    "leave-last-out": leave_last_out,
    "time": by_time,
}


def _cut(log: EventLog, order: IntArray) -> tuple[Examples, Examples, Examples]:
    tests = round(len(order) * TEST_SHARE)
    checks = round(len(order) * VALIDATION_SHARE)
    learn, check, test = np.split(order, [len(order) - tests - checks, len(order) - tests])
    last = log.lengths
    last -= 1
    train, validation, held_out = (Examples(rows, last[rows]) for rows in map(np.sort, (learn, check, test)))
    return train, validation, held_out


def _predictable(part: Examples, dataset: DataSet) -> Examples:
    """Leave out examples without a history, and those whose target is neutral."""
    part = part.filter(part.ends >= 1)
    return part.filter(~dataset.catalogue.neutral[part.targets(dataset.log)])


def last_non_neutral(items: ItemArray, catalogue: Catalogue) -> int:
    """Position of the last item that is not neutral; the last position where all are.

    Parameters
    ----------
    items : (L,) int32
        Catalogue rows.
    catalogue : Catalogue

    Returns
    -------
    int
    """
    positions = np.flatnonzero(~catalogue.neutral[items])
    return int(positions[-1]) if len(positions) else len(items) - 1
