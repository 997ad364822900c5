"""A data set in memory: catalogue, event log and card (name, source, licence, counts, hashes)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import Wording
from streamrec_core.data.log import EventLog

SplitKind = Literal["session", "leave-last-out", "time"]


class Counts(Settings):
    """How much a data set holds; `events` includes the targets."""

    sessions: int
    events: int
    items: int
    categories: int


class DataSetCard(Settings):
    """What `dataset.json` says of a data set."""

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


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set in memory, and the folder it came from (None before it is written)."""

    card: DataSetCard
    catalogue: Catalogue
    log: EventLog
    folder: Path | None = None

    @property
    def name(self) -> str:
        """The name people call it by."""
        return self.card.name


def make_dataset(catalogue: Catalogue, log: EventLog, **card: Any) -> DataSet:
    """A data set with counts and hashes filled in; `card` gives name, kind, source, licence and the rest."""
    counts = Counts(
        sessions=len(log),
        events=len(log.items),
        items=len(catalogue),
        categories=len(catalogue.content_categories),
    )
    hashes = {"catalogue": catalogue.hash, "events": log.hash()}
    values = {"counts": counts, "hashes": hashes, **card}
    return DataSet(DataSetCard.parse(values, origin="data set card"), catalogue, log)
