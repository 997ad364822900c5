"""Open the tables of a data set folder in DuckDB: sessions, events and catalogue, none loaded into memory."""

from __future__ import annotations

import glob
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.data.item_sessions import ITEM_SESSIONS_FILE
from streamrec_core.data.sessions_table import sessions_columns, sessions_table
from streamrec_core.data.storage import (
    CARD_FILE,
    CATALOGUE_FILE,
    EVENTS_FILE,
    SESSIONS_FILE,
    read_catalogue,
    read_dataset,
    verify_dataset,
)
from streamrec_core.errors import BadInput

ROW = "file_row_number"
"""Number of a row in its Parquet file, from 0; for an event this is its place in the log."""

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": str(Path(tempfile.gettempdir()) / "streamrec-duckdb"),
}
COUNT_ITEMS = """
    CREATE TABLE IF NOT EXISTS item_counts AS
    SELECT item_id, engagement, count(*) AS events FROM events GROUP BY item_id, engagement
"""
LEARNED_ITEMS = """
    CREATE TABLE IF NOT EXISTS learned_items AS SELECT DISTINCT item_id FROM events SEMI JOIN (
        SELECT start FROM sessions WHERE part = 'train'
    ) AS learning ON events.file_row_number - events.position = learning.start
"""


@dataclass(frozen=True, eq=False)
class Tables:
    """One data set, open for questions; several threads may ask at once.

    Attributes
    ----------
    catalogue : Catalogue
        In memory; everything else stays on disk.
    is_indexed : bool
        Whether table `item_sessions` is there; see `data/item_sessions.py`.
    """

    card: DataSetCard
    folder: Path
    catalogue: Catalogue
    database: duckdb.DuckDBPyConnection
    is_indexed: bool = False
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def ask(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own for a question.

        Raises
        ------
        BadInput
            A file of the folder is damaged or was removed meanwhile.
        """
        cursor = self.database.cursor()
        try:
            yield cursor
        except duckdb.Error as error:
            message = "cannot be browsed, a file of it is damaged; make or import it again"
            raise BadInput(message, path=self.folder) from error
        finally:
            cursor.close()

    def count_items(self) -> None:
        """See to it that table `item_counts` is there: one pass over the log, once."""
        with self._counting, self.ask() as cursor:
            cursor.execute(COUNT_ITEMS)

    def list_learned_items(self) -> None:
        """See to it that table `learned_items` (of training sessions) is there: one pass over the log, once."""
        with self._counting, self.ask() as cursor:
            cursor.execute(LEARNED_ITEMS)


def open_tables(folder: Path) -> Tables:
    """Open a data set folder for browsing.

    A folder whose `sessions.parquet` is missing or of an earlier form is read once, and its table made in memory.

    Raises
    ------
    BadInput
        The folder is incomplete or damaged.
    Refused
        Catalogue or events are not those whose hashes the card holds.
    """
    verify_dataset(folder)
    card = DataSetCard.read(folder / CARD_FILE)
    catalogue = read_catalogue(folder).with_words(card.log_words)
    database = _locked_to(folder)
    tables = Tables(card, folder, catalogue, database, ITEM_SESSIONS_FILE in card.hashes)
    with tables.ask() as cursor:
        files = {"events": EVENTS_FILE, "catalogue": CATALOGUE_FILE}
        if tables.is_indexed:
            files["item_sessions"] = ITEM_SESSIONS_FILE
        for name, file in files.items():
            cursor.read_parquet(_exactly(folder / file), file_row_number=True).to_view(name)
        if _has_all_columns(folder / SESSIONS_FILE, catalogue):
            cursor.read_parquet(_exactly(folder / SESSIONS_FILE), file_row_number=True).to_view("sessions")
        else:
            table = sessions_table(read_dataset(folder))
            numbers = pa.array(np.arange(len(table), dtype=np.int64))
            cursor.from_arrow(table.append_column(ROW, numbers)).to_table("sessions")
    return tables


def _locked_to(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database that can read this folder and nothing else, and fetches nothing from a network."""
    database = duckdb.connect(":memory:", config=SETTINGS)
    database.execute("SET allowed_directories = $1", [[str(folder), glob.escape(str(folder))]])
    database.execute("SET enable_external_access = false")
    return database


def _exactly(path: Path) -> str:
    """The path as a pattern that fits this file only."""
    if not path.is_file():
        raise BadInput("is missing; the folder is incomplete, make or import it again", path=path)
    return glob.escape(str(path))


def _has_all_columns(path: Path, catalogue: Catalogue) -> bool:
    try:
        return set(sessions_columns(catalogue.words)) <= set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False
