"""Records of what removed items around the ranker: candidate sources, filters and rules, by session and item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.importers.item_files import ITEM_COLUMNS
from streamrec_core.data.importers.log_files import FileSettings, read_file
from streamrec_core.data.importers.preview import preview_file
from streamrec_core.data.importers.rows import BadRows, quoted
from streamrec_core.errors import BadInput

FILTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "item": ITEM_COLUMNS["id"],
    "reason": ("reason", "filter_reason", "rule", "filter"),
    "session": ("session", "session_id", "sessionid", "request", "request_id"),
    "stage": ("stage", "step", "component"),
}
"""What a file of filter records says in which column; of several names the first that is there."""
REQUIRED = ("item", "reason")
STORED = "filters"
"""Name, without its ending, of the file of records in the folder of a data set."""


@dataclass(frozen=True)
class FilterRecord:
    """One item that something around the ranker removed.

    Attributes
    ----------
    item_id, reason : str
    session_id : str
        Empty: in every session.
    stage : str
        Where it happened, as the file calls it: candidate source, filter, rule; empty where it does not say.
    """

    item_id: str
    reason: str
    session_id: str = ""
    stage: str = ""


@dataclass(frozen=True, eq=False)
class FilterRecords:
    """All records of one file, by item.

    Attributes
    ----------
    by_item : mapping of str to tuple of FilterRecord
    unknown : int
        Records of items that the catalogue lacks.
    """

    by_item: Mapping[str, tuple[FilterRecord, ...]]
    unknown: int = 0

    def of(self, session_id: str, item_id: str) -> tuple[FilterRecord, ...]:
        """The records of an item in a session, those of every session included.

        Parameters
        ----------
        session_id, item_id : str

        Returns
        -------
        tuple of FilterRecord
        """
        records = self.by_item.get(item_id, ())
        return tuple(record for record in records if record.session_id in ("", session_id))


def read_filter_records(path: Path, catalogue: Catalogue) -> FilterRecords:
    """Read filter records from a file with the columns item and reason, and perhaps session and stage.

    Parameters
    ----------
    path : Path
        CSV, Parquet, JSON or Excel.
    catalogue : Catalogue

    Returns
    -------
    FilterRecords

    Raises
    ------
    BadInput
        A column is missing, a row names no item or no reason, or no item is in the catalogue.
    """
    columns = _columns(path)
    rows = read_file(path, FileSettings(item_column=columns["item"]), columns, BadRows())
    items = rows.ids(columns["item"]).to_pylist()
    cells = {role: rows.text(name).to_pylist() for role, name in columns.items() if role != "item"}
    sessions = rows.ids(columns["session"]).to_pylist() if "session" in columns else [""] * len(items)
    stages = cells.get("stage", [""] * len(items))
    by_item: dict[str, list[FilterRecord]] = {}
    for row, record in enumerate(map(FilterRecord, items, cells["reason"], sessions, stages)):
        for name, cell in (("item", record.item_id), ("reason", record.reason)):
            if not cell:
                raise BadInput(f"no {name}; fill in the column {columns[name]}", path=path, line=rows.location(row)[1])
        by_item.setdefault(record.item_id, []).append(record)
    unknown = sum(len(records) for item, records in by_item.items() if item not in catalogue.rows)
    if items and unknown == len(items):
        message = (
            f"names no item of the catalogue (for example {quoted(items[0])}); write item ids in {columns['item']}"
        )
        raise BadInput(message, path=path)
    return FilterRecords({item: tuple(records) for item, records in by_item.items()}, unknown)


def stored_filter_file(dataset: DataSet) -> Path | None:
    """The file of filter records in the folder of a data set: filters.csv, filters.parquet or the like.

    Raises
    ------
    BadInput
        There are several.
    """
    files = [] if dataset.folder is None else sorted(dataset.folder.glob(f"{STORED}.*"))
    if len(files) > 1:
        names = " and ".join(file.name for file in files)
        raise BadInput(f"has {names}; keep one file of filter records", path=dataset.folder)
    return files[0] if files else None


def _columns(path: Path) -> dict[str, str]:
    """The column of each role."""
    names = {name.strip().lower().replace(" ", "_"): name for name in reversed(preview_file(path).usable)}
    columns = {
        role: names[name] for role, usual in FILTER_COLUMNS.items() if (name := next(filter(names.get, usual), ""))
    }
    missing = [role for role in REQUIRED if role not in columns]
    if missing:
        has = ", ".join(names.values())
        raise BadInput(f"has no column {' and no column '.join(missing)}; it has {has}", path=path)
    return columns
