"""Search items by words of their title or by id, the most frequent first."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.data.browse.tables import Tables

MOST_FOUND = 50
SEARCH = """
    SELECT item_id, title, coalesce(category, '') AS category, coalesce(sum(events), 0)::BIGINT AS met
    FROM catalogue LEFT JOIN item_counts USING (item_id)
    WHERE contains(lower(title), lower($words)) OR item_id = $words
    GROUP BY ALL ORDER BY met DESC, item_id LIMIT $most
"""


@dataclass(frozen=True)
class FoundItem:
    """An item, and how many events of the log are of it; a neutral one has no category."""

    item_id: str
    title: str
    category: str
    events: int


def search_items(tables: Tables, words: str, most: int = MOST_FOUND) -> tuple[FoundItem, ...]:
    """Find items by words of their title (letter case ignored) or by id; none for empty words.

    Parameters
    ----------
    tables : Tables
    words : str
    most : int
        Items at most.

    Returns
    -------
    tuple of FoundItem
        The most frequent first.
    """
    if not words.strip():
        return ()
    tables.count_items()
    with tables.ask() as cursor:
        rows = cursor.execute(SEARCH, {"words": words.strip(), "most": most}).fetchall()
    return tuple(FoundItem(*row) for row in rows)
