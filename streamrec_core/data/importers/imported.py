"""The result of an import: catalogue, log, fields of the card, and a report of what was left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamrec_core.config import Settings, refuse_if_read_only
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.importers.rows import BadRows
from streamrec_core.data.importers.sessions import Cut
from streamrec_core.data.log import EventLog
from streamrec_core.data.progress import report_progress
from streamrec_core.data.storage import write_dataset
from streamrec_core.errors import BadInput


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
    """

    name: str = ""
    skip_bad_rows: bool = False
    encoding: str = ""


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
    comment_lines, joined_lines : int
        Lines of text files that are comments, and lines that continue the row before them.
    unlisted_items : int
        Items of the log that the catalogue given at import lacks; they stand behind its own.
    """

    rows: int
    bad_rows: int
    bad_row_notes: tuple[str, ...]
    rare_item_events: int
    single_event_sessions: int
    earlier_events: int
    comment_lines: int = 0
    joined_lines: int = 0
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


def report_of(rows: int, bad: BadRows, cut: Cut) -> ImportReport:
    """Collect what the steps of an import left out.

    Parameters
    ----------
    rows : int
        Good rows of the log.
    bad : BadRows
    cut : Cut

    Returns
    -------
    ImportReport
    """
    return ImportReport(
        rows + bad.count, bad.count, bad.notes, cut.rare_events, cut.single_sessions, cut.earlier_events
    )


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
    refuse_if_read_only("import")
    report_progress("Writing the data set")
    dataset = make_dataset(imported.catalogue, imported.log, **imported.card)
    try:
        return write_dataset(dataset, folder, overwrite=overwrite)
    except OSError as error:
        message = f"cannot be written ({error.strerror or error}); choose another folder"
        raise BadInput(message, path=folder, fields=["out"]) from None
