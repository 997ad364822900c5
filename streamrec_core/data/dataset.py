"""A data set in memory: catalogue, event log and card (name, source, licence, counts, hashes)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, strings_digest
from streamrec_core.data.engagement import WORDS, LogWords, Wording
from streamrec_core.data.log import EventLog
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd

SplitKind = Literal["session", "leave-last-out", "time"]


class Counts(Settings):
    """How much a data set holds; `events` includes the targets."""

    sessions: int
    events: int
    items: int
    categories: int

    def words(self) -> str:
        """The counts in words.

        Examples
        --------
        >>> Counts(sessions=1200, events=9000, items=40, categories=1).words()
        '1,200 sessions, 9,000 events, 40 items, 1 category'
        """
        plural = {"category": "categories"}
        nouns = {"session": self.sessions, "event": self.events, "item": self.items, "category": self.categories}
        return ", ".join(
            f"{count:,} {noun if count == 1 else plural.get(noun, f'{noun}s')}" for noun, count in nouns.items()
        )


class ImportRecord(Settings):
    """How a log was imported: enough to do it again.

    Attributes
    ----------
    kind : str
        table, movielens or atomic.
    sources : tuple of str
        Files or folder.
    settings : dict
        Of the importer, those that differ from their default.
    counts : dict
        Rows read, and what was left out or told; see `ImportReport`.
    command : str
        The same import as a command.
    """

    kind: Literal["table", "movielens", "atomic"]
    sources: tuple[str, ...]
    settings: dict[str, Any]
    counts: dict[str, Any]
    command: str


class DataSetCard(Settings):
    """The card of a data set, `dataset.json`."""

    name: str
    kind: Literal["synthetic", "ratings", "log"]
    source: str
    licence: str
    counts: Counts
    hashes: dict[str, str]
    train_positions: Literal["all", "last"] = "all"
    split: SplitKind = "session"
    filter_seen: bool = False
    wording: Wording = "events"
    generator: dict[str, Any] | None = None
    skipped_rows: int = 0
    importing: ImportRecord | None = None
    words: LogWords | None = None

    @property
    def log_words(self) -> LogWords:
        """Engagements and noun; those of StreamRec, or ratings, where the card names none."""
        return self.words or WORDS[self.wording]


@dataclass(frozen=True, eq=False)
class DataSet(NotebookResult):
    """A data set in memory, with the words of its card, and the folder it came from (None before it is written)."""

    card: DataSetCard
    catalogue: Catalogue
    log: EventLog
    folder: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "catalogue", self.catalogue.with_words(self.card.log_words))

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.card.name

    def to_pandas(self) -> pd.DataFrame:
        """One row an event of the whole log: session, place from 1, item, title, category, engagement."""
        return self._events(len(self.log))

    def shown_rows(self) -> pd.DataFrame:
        """The events of the first session."""
        return self._events(min(1, len(self.log)))

    def summary(self) -> tuple[str, ...]:
        """What it is called, and how much it holds."""
        return (f"{self.name}: {self.card.counts.words()}", "Its first session:")

    def _events(self, sessions: int) -> pd.DataFrame:
        """The events of the first so many sessions."""
        import pandas as pd

        lengths = np.diff(self.log.offsets)[:sessions]
        items = self.log.items[: lengths.sum()]
        engagements = self.log.engagements[: len(items)]
        return pd.DataFrame(
            {
                "session_id": np.repeat(np.asarray(self.log.session_ids[:sessions], object), lengths),
                "event": np.concatenate([np.zeros(0, np.int64), *(np.arange(1, length + 1) for length in lengths)]),
                "item_id": [self.catalogue.item_ids[row] for row in items.tolist()],
                "title": [self.catalogue.titles[row] for row in items.tolist()],
                "category": [self.catalogue.category(row) for row in items.tolist()],
                "engagement": [self.card.log_words.engagements[code] for code in engagements.tolist()],
            }
        )


def events_hash(log: EventLog, words: LogWords) -> str:
    """SHA-256 of a log and, where its engagements have words of their own, of those.

    Parameters
    ----------
    log : EventLog
    words : LogWords
        Of the data set's card.

    Returns
    -------
    str
    """
    return worded_hash(log.hash(), words)


def worded_hash(log_hash: str, words: LogWords) -> str:
    """The hash of events: that of the log, and of their words where these are of the log itself.

    Parameters
    ----------
    log_hash : str
        SHA-256 of the log.
    words : LogWords
        Of the data set's card.

    Returns
    -------
    str
    """
    if not words.from_log:
        return log_hash
    # The log itself holds codes: the same codes of other words are other events.
    return hashlib.sha256(log_hash.encode() + strings_digest(words.engagements)).hexdigest()


def make_dataset(catalogue: Catalogue, log: EventLog, **card: Any) -> DataSet:
    """Make a data set in memory, with its counts and hashes.

    Parameters
    ----------
    catalogue : Catalogue
    log : EventLog
    **card : Any
        Fields of `DataSetCard`: name, kind, source, licence and those that differ from their default.

    Returns
    -------
    DataSet
    """
    counts = Counts(
        sessions=len(log),
        events=len(log.items),
        items=len(catalogue),
        categories=len(catalogue.content_categories),
    )
    parsed = DataSetCard.parse({"counts": counts, "hashes": {}, **card}, origin="data set card")
    hashes = {"catalogue": catalogue.hash, "events": events_hash(log, parsed.log_words), **card.get("hashes", {})}
    parsed = parsed.model_copy(update={"hashes": hashes})
    return DataSet(parsed, catalogue, log)
