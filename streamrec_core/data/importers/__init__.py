"""Logs from elsewhere made into data sets: MovieLens, RecBole atomic files, and any table."""

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, ImportReport, ImportSettings, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.peek import Peek, peek, peek_at, usual_columns
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.rows import BadRowsFound
from streamrec_core.data.importers.table import TableSettings, import_table

__all__ = [
    "BadRowsFound",
    "ImportReport",
    "ImportSettings",
    "Imported",
    "Peek",
    "RatingSettings",
    "TableSettings",
    "import_atomic",
    "import_movielens",
    "import_table",
    "peek",
    "peek_at",
    "save",
    "usual_columns",
]
