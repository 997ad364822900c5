"""Import a log into the workspace, from a Python program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.folders import named_folder
from streamrec_core.data.importers.atomic import atomic_name, import_atomic
from streamrec_core.data.importers.imported import Imported, ImportSettings, check_destination, save
from streamrec_core.data.importers.movielens import import_movielens, movielens_name
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table, table_name
from streamrec_core.errors import BadInput

LogFormat = Literal["table", "movielens", "recbole"]
FORMATS: dict[str, tuple[Callable[[Path, Any], Imported], type[ImportSettings], Callable[[Path], str]]] = {
    "table": (import_table, TableSettings, table_name),
    "movielens": (import_movielens, RatingSettings, movielens_name),
    "recbole": (import_atomic, RatingSettings, atomic_name),
}
"""By format: the importer, its settings, and what the data set is called after its source."""


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
        The name is taken or cannot name a folder, a setting is unknown, a column is missing, or a row cannot be read.
    Refused
        The program is set to read only.

    Examples
    --------
    >>> import_data(
    ...     "events.csv", "mine", session_column="session", item_column="item", time_column="time"
    ... )  # doctest: +SKIP
    """
    if log_format not in FORMATS:
        raise BadInput(f"unknown log_format {log_format!r}; choose one of {', '.join(FORMATS)}")
    importer, settings_type, name_after = FORMATS[log_format]
    source, parsed = Path(path), settings_type.parse({**settings, "name": name}, "import_data")
    folder = named_folder(name or name_after(source))
    check_destination(folder)
    return save(importer(source, parsed), folder)
