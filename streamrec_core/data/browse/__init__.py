"""A data set folder looked at with DuckDB over its Parquet files, so that a long log pages as a short one does."""

from streamrec_core.extras import require

require("duckdb")

from streamrec_core.data.browse.figures import Figures, PartFigures, count  # noqa: E402
from streamrec_core.data.browse.items import FoundItem, search_items  # noqa: E402
from streamrec_core.data.browse.sessions import SORTS, BrowsedEvent, BrowsedSession, Page, Wish, find_sessions  # noqa: E402
from streamrec_core.data.browse.tables import Tables, open_tables  # noqa: E402

__all__ = [
    "SORTS",
    "BrowsedEvent",
    "BrowsedSession",
    "Figures",
    "FoundItem",
    "Page",
    "PartFigures",
    "Tables",
    "Wish",
    "count",
    "find_sessions",
    "open_tables",
    "search_items",
]
