"""Logs from elsewhere made into data sets: MovieLens, RecBole atomic files, and any table."""

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.imported import Imported, ImportReport, ImportSettings, save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table

__all__ = [
    "ImportReport",
    "ImportSettings",
    "Imported",
    "RatingSettings",
    "TableSettings",
    "import_atomic",
    "import_movielens",
    "import_table",
    "save",
]
