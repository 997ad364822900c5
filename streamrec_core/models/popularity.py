"""Popularity baselines: popular items, recently popular items, and popular items of the last event's category."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog
from streamrec_core.data.long_columns import long_array
from streamrec_core.data.splits import Examples
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom

EVENTS_AT_ONCE = 1_000_000
"""Events that are counted at a time."""
RECENT_SHARE = 0.1
"""Recent popularity counts the last tenth of the events learned from (by time, else by place in the log)."""


class CountingModel:
    """Scores that no event of the history changes, unless a subclass says otherwise."""

    max_events = 1
    predicts_from: PredictsFrom = "last event"

    def __init__(self, name: str, counts: npt.NDArray[np.float64]) -> None:
        self.name = name
        self._scores = torch.from_numpy(np.log(counts + 0.5)).float()

    @property
    def catalogue_size(self) -> int:
        """How many items it scores."""
        return len(self._scores)

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V), the logarithm of smoothed counts."""
        return self._scores.expand(len(batch), -1)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """None: nothing here attends."""
        return ()


class CategoryRule(CountingModel):
    """The most popular items of the last event's category; other categories follow behind."""

    def __init__(self, catalogue: Catalogue, counts: npt.NDArray[np.float64]) -> None:
        super().__init__("last category", counts)
        self._category_of = torch.from_numpy(catalogue.category_of.copy())
        self._range = float(self._scores.max() - self._scores.min()) + 1.0
        self._neutral = torch.from_numpy(catalogue.neutral.copy())
        self.max_events = 50

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V); items of the last category that is not neutral stand above all others."""
        size = len(self._category_of)
        counted = batch.visible & (batch.items < size) & ~self._neutral[batch.items.clamp(max=size - 1)]
        steps = torch.arange(batch.items.shape[1])
        last = (counted * (steps + 1)).argmax(1)
        category = self._category_of[batch.items.gather(1, last.unsqueeze(1)).clamp(max=size - 1)]
        return self._scores + self._range * (self._category_of == category)


def learned_events(log: EventLog, train: Examples) -> IntArray:
    """Rows in the log of all events that may be learned from, the last target of each session included.

    Parameters
    ----------
    log : EventLog
    train : Examples

    Returns
    -------
    (n,) int64 array
    """
    starts = log.offsets[train.sessions]
    lengths = train.ends + 1
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))


def item_counts(log: EventLog, catalogue: Catalogue, train: Examples) -> IntArray:
    """(V,) how often each item occurs in what is learned from, counted some sessions at a time.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples

    Returns
    -------
    (V,) int64 array
    """
    counts = np.zeros(len(catalogue), np.int64)
    for part in train.pieces(EVENTS_AT_ONCE):
        counts += np.bincount(log.items[learned_events(log, part)], minlength=len(catalogue))
    return counts


def up_to_last_target(log: EventLog, train: Examples) -> Examples:
    """One example for each session: the last of its targets, so that what is learned from is counted once.

    Parameters
    ----------
    log : EventLog
    train : Examples
        The training part of the split; what lies behind its targets is held out and not counted.

    Returns
    -------
    last : Examples
        In the order of the log.
    """
    last = np.full(len(log), -1, np.int64)
    np.maximum.at(last, train.sessions, train.ends)
    sessions = np.flatnonzero(last >= 0)
    return Examples(sessions, last[sessions])


def training_counts(log: EventLog, catalogue: Catalogue, train: Examples) -> IntArray:
    """Count the events of each item that are learned from, also where a session has several targets.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples
        The training part of the split.

    Returns
    -------
    (V,) int64
    """
    return item_counts(log, catalogue, up_to_last_target(log, train))


def popularity(log: EventLog, catalogue: Catalogue, train: Examples) -> CountingModel:
    """Items by how often they occur in what is learned from.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples

    Returns
    -------
    CountingModel
    """
    return CountingModel("popularity", item_counts(log, catalogue, train).astype(np.float64))


def recent_popularity(log: EventLog, catalogue: Catalogue, train: Examples) -> CountingModel:
    """Items by how often they occur in the most recent tenth of what is learned from.

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples

    Returns
    -------
    CountingModel
    """
    counts = np.zeros(len(catalogue), np.int64)
    since, too_early = _start_of_recent(log, train)
    for rows, times in _timed(log, train):
        recent = times >= since
        first = np.flatnonzero(times == since)[:too_early]
        recent[first], too_early = False, too_early - len(first)
        counts += np.bincount(log.items[rows[recent]], minlength=len(catalogue))
    return CountingModel("recent popularity", counts.astype(np.float64))


def _start_of_recent(log: EventLog, train: Examples) -> tuple[int, int]:
    """Time at which the recent events begin, and how many of those at that very time are not recent: the first ones."""
    events = int(train.ends.sum()) + len(train)
    if not events:
        return 0, 0
    recent = max(1, round(events * RECENT_SHARE))
    sorted_times, filled = long_array(events, np.int64), 0
    for _, times in _timed(log, train):
        sorted_times[filled : filled + len(times)] = times
        filled += len(times)
    sorted_times.partition(events - recent)
    since = int(sorted_times[events - recent])
    return since, int(np.count_nonzero(sorted_times >= since)) - recent


def _timed(log: EventLog, train: Examples) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows of the events learned from, some at a time, and their times, or their places where no time is known."""
    passed = 0
    for part in train.pieces(EVENTS_AT_ONCE):
        rows = learned_events(log, part)
        yield rows, np.arange(passed, passed + len(rows)) if log.timestamps is None else log.timestamps[rows]
        passed += len(rows)


def category_rule(log: EventLog, catalogue: Catalogue, train: Examples) -> CategoryRule:
    """The rule "most popular items of the last event's category".

    Parameters
    ----------
    log : EventLog
    catalogue : Catalogue
    train : Examples

    Returns
    -------
    CategoryRule
    """
    return CategoryRule(catalogue, item_counts(log, catalogue, train).astype(np.float64))
