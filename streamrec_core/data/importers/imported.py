"""The result of an import: catalogue, log, fields of the card, and a report of what was left out."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from streamrec_core.audit_log import record
from streamrec_core.config import LARGEST_NUMBER, Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.importers.events import Events
from streamrec_core.data.importers.limits import ReadingLimits, usual_limits
from streamrec_core.data.importers.rows import BadRows
from streamrec_core.data.importers.sessions import Cut
from streamrec_core.data.log import EventLog
from streamrec_core.data.progress import report_progress
from streamrec_core.data.storage import check_free, write_dataset
from streamrec_core.disk_faults import check_writable
from streamrec_core.errors import BadInput
from streamrec_core.permissions import require_permission


class ImportSettings(Settings):
    """What the user decides for every importer.

    Attributes
    ----------
    name : str
        What people will call the data set; empty takes it from the source.
    skip_bad_rows : bool
        Consent to leave faulty rows out.
    encoding : str
        Empty tries what is usual for the format.
    any_year : bool
        Accept times outside the years 1990 to 2100.
    row_limit : int or None
        Rows of all files together; None: as this machine is set.
    size_limit : float or None
        Gigabytes of all files together, after unpacking; None: as this machine is set.
    time_limit : float or None
        Minutes that the import may take; None: as this machine is set.
    """

    name: str = ""
    skip_bad_rows: bool = False
    encoding: str = ""
    any_year: bool = False
    row_limit: int | None = Field(None, ge=1, le=LARGEST_NUMBER)
    size_limit: float | None = Field(None, gt=0, le=LARGEST_NUMBER)
    time_limit: float | None = Field(None, gt=0, le=LARGEST_NUMBER)

    @property
    def limits(self) -> ReadingLimits:
        """How much may be read."""
        usual = usual_limits()
        return ReadingLimits(
            rows=self.row_limit or usual.rows,
            gigabytes=self.size_limit or usual.gigabytes,
            minutes=self.time_limit or usual.minutes,
        )


@dataclass(frozen=True)
class ImportReport:
    """What came in and what was left out.

    Attributes
    ----------
    rows : int
        Of the log, faulty ones included.
    bad_rows : int
        Left out with the user's consent, in all files; `bad_row_notes` names the first few.
    rare_item_events : int
        Events of items with too few events.
    single_event_sessions : int
    earlier_events : int
        Events before the last ones that are kept of a session.
    repeated_events : int
        Events that repeat the item and engagement of the one before them, where these are collapsed.
    neighbours, tied_neighbours : int
        Pairs of neighbouring events of a session, and those of the same time, which keep the order of the file.
    unordered_sessions : int
        Sessions with different items at the same time.
    duplicate_events : int
        Events that repeat an earlier one of the same time, item and engagement; they are in the log.
    time_kinds : dict of str to int
        In words, what the time stamps are, and how many of each.
    empty_rows : int
        Rows whose list of items is empty; not among `rows`.
    comment_lines, joined_lines : int
        Lines of text files that are comments, and lines that continue the row before them.
    empty_files : int
        Files that hold no row, of a log of several.
    unlisted_items : int
        Items of the log that the catalogue given at import lacks; they stand behind its own.
    """

    rows: int
    bad_rows: int
    bad_row_notes: tuple[str, ...]
    rare_item_events: int
    single_event_sessions: int
    earlier_events: int
    repeated_events: int = 0
    neighbours: int = 0
    tied_neighbours: int = 0
    unordered_sessions: int = 0
    duplicate_events: int = 0
    time_kinds: dict[str, int] = field(default_factory=dict)
    empty_rows: int = 0
    comment_lines: int = 0
    joined_lines: int = 0
    empty_files: int = 0
    unlisted_items: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Imported:
    """A data set that is checked and not yet written."""

    catalogue: Catalogue
    log: EventLog
    card: dict[str, Any]
    report: ImportReport

    @property
    def name(self) -> str:
        """The name that goes onto the card."""
        return str(self.card["name"])


def name_of_source(stem: str) -> str:
    """The name of a data set after its file, which a folder can have.

    Examples
    --------
    >>> name_of_source("my log (2024)")
    'my-log-2024'
    """
    return re.sub(r"[^\w.-]+", "-", stem).strip("-.")[:100]


def report_of(events: Events, bad: BadRows, cut: Cut) -> ImportReport:
    """Collect what the steps of an import left out.

    Parameters
    ----------
    events : Events
        The good rows.
    bad : BadRows
    cut : Cut

    Returns
    -------
    ImportReport
    """
    order = cut.order
    return ImportReport(
        rows=len(events) + bad.count,
        bad_rows=bad.count,
        bad_row_notes=bad.notes,
        rare_item_events=cut.rare_events,
        single_event_sessions=cut.single_sessions,
        earlier_events=cut.earlier_events,
        repeated_events=cut.repeats,
        neighbours=order.pairs,
        tied_neighbours=order.tied_pairs if events.microseconds is not None else 0,
        unordered_sessions=order.unordered_sessions if events.microseconds is not None else 0,
        duplicate_events=order.duplicates,
        time_kinds=dict(events.time_kinds),
    )


def check_destination(folder: Path, overwrite: bool = False) -> None:
    """Refuse before a log is read what `save` would refuse after it.

    Parameters
    ----------
    folder : Path
    overwrite : bool
        Replace a data set in the folder.

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The folder is in use or cannot be written.
    """
    require_permission("import")
    check_free(folder, overwrite)
    check_writable(folder)


def save(imported: Imported, folder: Path, overwrite: bool = False) -> DataSet:
    """Write an imported data set as a folder, whole or not at all.

    Parameters
    ----------
    imported : Imported
    folder : Path
    overwrite : bool
        Replace a data set in the folder.

    Returns
    -------
    DataSet
        With its folder.

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        The folder is in use or cannot be written.
    """
    require_permission("import")
    report_progress("Writing the data set")
    dataset = make_dataset(imported.catalogue, imported.log, **imported.card)
    record("import", folder.name, {"source": dataset.card.source, **dataset.card.hashes})
    try:
        return write_dataset(dataset, folder, overwrite=overwrite)
    except OSError as error:
        message = f"cannot be written ({error.strerror or error}); choose another folder"
        raise BadInput(message, path=folder, fields=["out"]) from None
