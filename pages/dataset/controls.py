"""Labels of the controls that set up a new data set, by the setting that each changes: for forms and error messages."""

from __future__ import annotations

from streamrec_core.data.importers.sources import ENDINGS

LOG_TYPES = [ending.lstrip(".") for ending in ENDINGS]
"""Endings of files that can be uploaded."""
LABELS = {
    "session_column": "Session",
    "user_column": "User",
    "item_column": "Item",
    "time_column": "Time",
    "category_column": "Category",
    "title_column": "Title",
    "engagement_column": "Engagement",
    "rating_column": "Rating",
    "engagement_map": "Engagement words",
    "engagement_words": "Order and phrases",
    "noun": "An item is called",
    "order_column": "Order",
    "time_format": "Time format",
    "time_unit": "Unit of times",
    "any_year": "Accept years outside 1990 to 2100",
    "gap_minutes": "Session gap in minutes",
    "collapse_repeats": "Collapse repeats",
    "skip_bad_rows": "Skip bad rows",
    "list_separator": "List separator",
    "row_sessions": "Each row is a session",
    "missing_values": "Missing values",
    "unescape_html": "Unescape HTML",
    "category_separator": "Between categories",
    "category_level": "Level of categories",
    "neutral_category": "Neutral category",
    "min_item_events": "Min. events per item",
    "max_events": "Max. events before the target",
    "catalogue": "Catalogue of",
    "items": "Files of items",
    "sheet": "Sheet",
    "quotes": "Quotes",
    "comment": "Comment lines begin with",
    "delimiter": "Delimiter",
    "encoding": "Encoding",
    "header": "First line has column names",
    "name": "Data set name",
    "split": "Split",
    "row_limit": "Row limit",
    "size_limit": "Size limit in GB",
    "time_limit": "Time limit in minutes",
    "sessions": "Sessions",
    "seed": "Seed",
    "min_item_ratings": "Min. events per item",
}
