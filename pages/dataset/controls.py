"""Labels of the controls that set up a new data set, by the setting that each changes: for forms and error messages."""

from __future__ import annotations

LABELS = {
    "session_column": "Session",
    "user_column": "User",
    "item_column": "Item",
    "time_column": "Time",
    "category_column": "Category",
    "title_column": "Title",
    "engagement_column": "Engagement",
    "rating_column": "Rating",
    "delimiter": "Delimiter",
    "encoding": "Encoding",
    "header": "First line has column names",
    "name": "Data set name",
    "split": "Split",
    "sessions": "Sessions",
    "seed": "Seed",
    "min_item_ratings": "Min. events per item",
    "max_events": "Max. events before the target",
}
