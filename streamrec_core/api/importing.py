"""Import a log into the workspace, from a Python program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.folders import named_folder
from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

LogFormat = Literal["table", "movielens", "recbole"]


def import_data(path: str | Path, name: str = "", log_format: LogFormat = "table", **settings: Any) -> DataSet:
    """Import a log and keep it in the workspace, where `open_data` finds it by name.

    Parameters
    ----------
    path : str or Path
        A CSV or Parquet file, or the folder of a MovieLens or RecBole data set.
    name : str
        What to call the data set; empty takes it from the file.
    log_format : str
        table, movielens or recbole.
    **settings
        Fields of `TableSettings` (`item_column`, `session_column`, `time_column` and so on) for a table, of
        `RatingSettings` for the others.

    Returns
    -------
    DataSet
        With its folder.

    Raises
    ------
    BadInput
        A setting is unknown, a column is missing, or a row cannot be read.
    Refused
        The program is set to read only.

    Examples
    --------
    >>> import_data(
    ...     "events.csv", "mine", session_column="session", item_column="item", time_column="time"
    ... )  # doctest: +SKIP
    """
    source, values = Path(path), {**settings, "name": name}
    imported = _importer(log_format)(source, values)
    return save(imported, named_folder(imported.name))


def _importer(log_format: str) -> Callable[[Path, dict[str, Any]], Imported]:
    """What reads a log of this format."""
    importers: dict[str, Callable[[Path, dict[str, Any]], Imported]] = {
        "table": lambda path, values: import_table(path, TableSettings.parse(values, "import_data")),
        "movielens": lambda path, values: import_movielens(path, RatingSettings.parse(values, "import_data")),
        "recbole": lambda path, values: import_atomic(path, RatingSettings.parse(values, "import_data")),
    }
    if log_format not in importers:
        raise BadInput(f"unknown log_format {log_format!r}; choose one of {', '.join(importers)}")
    return importers[log_format]
