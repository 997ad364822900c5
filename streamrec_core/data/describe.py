"""Describe a data set: sizes, lengths, shares, sparsity, repeats, and the parts of its split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import Counts, DataSet
from streamrec_core.data.engagement import LogWords, Wording
from streamrec_core.data.progress import report_progress
from streamrec_core.data.sessions_table import first_meetings, session_pieces
from streamrec_core.data.splits import PartName, Split, split
from streamrec_core.errors import BadInput

QUANTILES = {"min": 0.0, "p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}


class Description(Settings):
    """What a data set holds.

    Attributes
    ----------
    history_length : dict of str to float
        Quantiles of the number of events before the target.
    category_shares, engagement_shares : dict of str to float
        Of events, neutral items left out; categories by falling share.
    sparsity : float
        Share of the (session, item) pairs that never met.
    repeat_share : float
        Share of events whose item was in the session before, neutral items left out.
    unseen_items : int
        Items of the catalogue without an event.
    neutral_items : int
    tied_share, unordered_session_share : float or None
        Share of neighbouring events of the same time, and of sessions with different items at the same time, whose
        order is that of the file; None without times.
    duplicate_events : int
        Events that repeat an earlier one of the same session, time, item and engagement, as the import counted them.
    earlier_events : int
        Events that a limit on the events of a session threw away at import.
    later_training_share : float or None
        Share of tested sessions that begin before the last session to learn from; None without times, or where a
        session is in both parts.
    first_event, last_event : int or None
        Seconds since 1970.
    split_parts : dict of str to int, or None
        Predictions to learn from and to test on; None where the log is too small, and `split_fault` says so.
    """

    name: str
    kind: str
    source: str
    licence: str
    wording: Wording
    words: LogWords
    counts: Counts
    history_length: dict[str, float]
    category_shares: dict[str, float]
    engagement_shares: dict[str, float]
    sparsity: float
    repeat_share: float
    unseen_items: int
    neutral_items: int
    tied_share: float | None
    unordered_session_share: float | None
    duplicate_events: int
    earlier_events: int
    later_training_share: float | None
    first_event: int | None
    last_event: int | None
    filter_seen: bool
    split: str
    split_parts: dict[str, int] | None
    split_fault: str
    skipped_rows: int
    hashes: dict[str, str]


def describe(dataset: DataSet) -> Description:
    """Describe a data set in figures: sizes, lengths, shares, sparsity, repeats and the parts of its split.

    Parameters
    ----------
    dataset : DataSet

    Returns
    -------
    Description

    Examples
    --------
    >>> from streamrec_core.data.presets import make
    >>> import pathlib, tempfile
    >>> dataset = make("case-study", sessions=50, seed=3, folder=pathlib.Path(tempfile.mkdtemp()) / "small")
    >>> description = describe(dataset)
    >>> description.split_parts
    {'train': 36, 'validation': 4, 'test': 10}
    """
    card, catalogue, log = dataset.card, dataset.catalogue, dataset.log
    counts = _counted(dataset)
    divided, fault = _divided(dataset)
    times = log.timestamps
    ties = _ties(dataset)
    return Description(
        name=card.name,
        kind=card.kind,
        source=card.source,
        licence=card.licence,
        wording=card.wording,
        words=catalogue.words,
        counts=card.counts,
        history_length=_quantiles(log.lengths - 1),
        category_shares=_category_shares(catalogue, counts.categories),
        engagement_shares=_shares(counts.engagements, catalogue.words.engagements),
        sparsity=1 - counts.pairs / max(len(log) * len(catalogue), 1),
        repeat_share=counts.repeats / max(int(counts.engagements.sum()), 1),
        unseen_items=int((counts.items == 0).sum()),
        neutral_items=int(catalogue.neutral.sum()),
        tied_share=ties[0],
        unordered_session_share=ties[1],
        duplicate_events=ties[2],
        earlier_events=0 if card.importing is None else card.importing.counts.get("earlier_events", 0),
        later_training_share=None if divided is None else _later_training(dataset, divided),
        first_event=None if times is None or not len(times) else int(times.min()),
        last_event=None if times is None or not len(times) else int(times.max()),
        filter_seen=card.filter_seen,
        split=card.split,
        split_parts=None if divided is None else {name: len(divided.part(name)) for name in get_args(PartName)},
        split_fault=fault,
        skipped_rows=card.skipped_rows,
        hashes=card.hashes,
    )


def _quantiles(lengths: IntArray) -> dict[str, float]:
    if not len(lengths):
        return dict.fromkeys(QUANTILES, 0.0)
    return dict(zip(QUANTILES, np.quantile(lengths, list(QUANTILES.values())).tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class _Counted:
    """Events by item (V,), those of items that are not neutral by engagement (5,) and category (C,), and repeats.

    Attributes
    ----------
    pairs : int
        Distinct pairs of session and item.
    repeats : int
        Events of items that are not neutral whose session had the item before.
    """

    items: IntArray
    engagements: IntArray
    categories: IntArray
    pairs: int
    repeats: int


def _counted(dataset: DataSet) -> _Counted:
    """Count all events, some sessions at a time."""
    log, catalogue = dataset.log, dataset.catalogue
    items, engagements = np.zeros(len(catalogue), np.int64), np.zeros(len(catalogue.words), np.int64)
    pairs = repeats = 0
    for sessions in session_pieces(dataset):
        offsets = log.offsets[sessions.start : sessions.stop + 1]
        events = slice(int(offsets[0]), int(offsets[-1]))
        rows = log.items[events]
        content = ~catalogue.neutral[rows]
        first = first_meetings(np.repeat(np.arange(len(sessions)), np.diff(offsets)), rows, len(catalogue))
        items += np.bincount(rows, minlength=len(catalogue))
        engagements += np.bincount(log.engagements[events][content], minlength=len(catalogue.words))
        pairs += int(first.sum())
        repeats += int((content & ~first).sum())
        report_progress(f"Counting {dataset.name}", sessions.stop / max(len(log), 1))
    of_content = np.where(catalogue.neutral, 0, items)
    categories = np.bincount(catalogue.category_of, of_content, minlength=len(catalogue.categories)).astype(np.int64)
    return _Counted(items, engagements, categories, pairs, repeats)


def _category_shares(catalogue: Catalogue, counts: IntArray) -> dict[str, float]:
    shares = _shares(counts, catalogue.categories)
    named = {name: shares[name] for name in catalogue.content_categories}
    return dict(sorted(named.items(), key=lambda pair: -pair[1]))


def _shares(counts: IntArray, names: tuple[str, ...]) -> dict[str, float]:
    return dict(zip(names, (counts / max(int(counts.sum()), 1)).tolist(), strict=True))


def _ties(dataset: DataSet) -> tuple[float | None, float | None, int]:
    """Shares of neighbours of one time and of sessions in doubt, and duplicates: as the import counted them, where it
    did, since the log itself keeps whole seconds.
    """
    log, record = dataset.log, dataset.card.importing
    if log.timestamps is None:
        return None, None, 0
    if record is not None and record.counts.get("neighbours"):
        counts = record.counts
        sessions = len(log)
        return (
            counts["tied_neighbours"] / counts["neighbours"],
            counts["unordered_sessions"] / max(sessions, 1),
            counts["duplicate_events"],
        )
    neighbours = ties = unordered = 0
    for piece in session_pieces(dataset):
        offsets = log.offsets[piece.start : piece.stop + 1]
        events = slice(int(offsets[0]), int(offsets[-1]))
        items, times, of_event = log.items[events], log.timestamps[events], np.repeat(piece, np.diff(offsets))
        together = of_event[1:] == of_event[:-1]
        tied = together & (times[1:] == times[:-1])
        neighbours, ties = neighbours + int(together.sum()), ties + int(tied.sum())
        unordered += len(np.unique(of_event[1:][tied & (items[1:] != items[:-1])]))
    return ties / max(neighbours, 1), unordered / max(len(log), 1), 0


def _later_training(dataset: DataSet, divided: Split) -> float | None:
    """The share of tested sessions that begin before the last training session does."""
    log = dataset.log
    if log.timestamps is None or divided.kind == "leave-last-out":
        return None
    begins = log.timestamps[log.offsets[:-1]]
    return float((begins[divided.test.sessions] < begins[divided.train.sessions].max()).mean())


def _divided(dataset: DataSet) -> tuple[Split | None, str]:
    """The split of a data set, or why there is none."""
    try:
        return split(dataset), ""
    except BadInput as error:
        return None, str(error)
