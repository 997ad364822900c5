"""Statistics of a data set: lengths, categories, engagement, popularity, sparsity, repeats, parts of the split."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.catalogue import IntArray

LENGTHS = """
    SELECT length, count(*) AS sessions FROM sessions
    WHERE $category = '' OR main_category = $category GROUP BY length ORDER BY length
"""
SUMS = """
    SELECT count(*), coalesce(sum(length + 1), 0)::BIGINT, coalesce(sum(content_events), 0)::BIGINT,
        coalesce(sum(items), 0)::BIGINT, coalesce(sum(repeats), 0)::BIGINT
    FROM sessions WHERE $category = '' OR main_category = $category
"""
ITEM_COUNTS = """
    SELECT item_id, engagement, events FROM item_counts SEMI JOIN (
        SELECT item_id FROM catalogue WHERE NOT neutral AND ($category = '' OR category = $category)
    ) USING (item_id)
"""
CATEGORIES = """
    SELECT category, coalesce(sum(events), 0)::BIGINT FROM catalogue LEFT JOIN item_counts USING (item_id)
    WHERE NOT neutral GROUP BY category
"""
PARTS = """
    SELECT part, count(*), coalesce(sum(length + 1), 0)::BIGINT FROM sessions
    WHERE part IS NOT NULL AND ($category = '' OR main_category = $category) GROUP BY part
"""
LAST_OUT = """
    SELECT count(*) FILTER (length >= 1), count(*) FILTER (length >= 2), count(*) FILTER (length >= 3),
        coalesce(sum(greatest(length - 1, 0)), 0)::BIGINT
    FROM sessions WHERE $category = '' OR main_category = $category
"""
NEW_TARGETS = """
    SELECT part, avg((target_item_id NOT IN (SELECT item_id FROM learned_items))::INT) FROM sessions
    WHERE part IS NOT NULL AND ($category = '' OR main_category = $category) GROUP BY part
"""
PART_NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class PartFigures:
    """One part of the split.

    Attributes
    ----------
    new_targets : float or None
        Share of its targets whose item is in no training session; None where sessions are cut across the parts.
    """

    name: str
    sessions: int
    events: int
    new_targets: float | None = None


@dataclass(frozen=True, eq=False)
class Figures:
    """The whole data set or one category of it.

    Attributes
    ----------
    category : str
        Empty for the whole. For a category, lengths, repeats, sparsity and parts are those of the sessions that are
        mostly of it; engagement and popularity those of its items.
    lengths, length_sessions : (K,) int64
        Numbers of events before the target, rising, and how many sessions have so many.
    category_events : dict of str to int
        Of the whole data set, by falling number.
    engagement_events : tuple of W int
        By engagement, from the weakest to the strongest.
    popularity : (V,) int64
        Events of each item that is not neutral, falling; those that nobody met are 0.
    sparsity : float
        Share of the pairs of session and item that never met.
    repeat_share : float
        Share of events whose item was in the session before.
    parts : tuple of PartFigures
        Empty where the log is too small to be divided.
    """

    category: str
    sessions: int
    events: int
    lengths: IntArray
    length_sessions: IntArray
    category_events: dict[str, int]
    engagement_events: tuple[int, ...]
    popularity: IntArray
    sparsity: float
    repeat_share: float
    parts: tuple[PartFigures, ...]

    @property
    def unseen_items(self) -> int:
        """Items without an event."""
        return int((self.popularity == 0).sum())

    @property
    def gini(self) -> float:
        """0 where all items are met equally often, near 1 where one has almost all events."""
        return gini(self.popularity)

    def top_share(self, top: float = 0.1) -> float:
        """Share of events that falls on the most popular `top` of the items, rounded up to whole items."""
        most = int(np.ceil(len(self.popularity) * top))
        return float(self.popularity[:most].sum() / max(int(self.popularity.sum()), 1))


def gini(counts: IntArray) -> float:
    """Gini coefficient of counts (V,) in any order; 0 where there is nothing to divide."""
    if not counts.sum():
        return 0.0
    rising = np.sort(counts).astype(np.float64)
    ranks = np.arange(1, len(rising) + 1)
    return float(((2 * ranks - len(rising) - 1) * rising).sum() / (len(rising) * rising.sum()))


def count(tables: Tables, category: str = "") -> Figures:
    """Count a data set, or one category of it; the first call passes over the whole log.

    Parameters
    ----------
    tables : Tables
    category : str
        Empty for the whole data set.

    Returns
    -------
    Figures
    """
    tables.count_items()
    with tables.ask() as cursor:
        sessions, events, content, pairs, repeats = cursor.execute(SUMS, {"category": category}).fetchall()[0]
        lengths = np.array(cursor.execute(LENGTHS, {"category": category}).fetchall(), np.int64).reshape(-1, 2)
        by_category = dict(cursor.execute(CATEGORIES).fetchall())
        engaged, popularity = _by_item(cursor, tables, category)
        parts = _parts(cursor, tables, category)
    return Figures(
        category=category,
        sessions=sessions,
        events=events,
        lengths=lengths[:, 0],
        length_sessions=lengths[:, 1],
        category_events=dict(sorted(by_category.items(), key=lambda pair: (-pair[1], pair[0]))),
        engagement_events=engaged,
        popularity=popularity,
        sparsity=1 - pairs / max(sessions * len(tables.catalogue), 1),
        repeat_share=repeats / max(content, 1),
        parts=parts,
    )


def _by_item(cursor: duckdb.DuckDBPyConnection, tables: Tables, category: str) -> tuple[tuple[int, ...], IntArray]:
    """Events by engagement, and (V,) events by item, falling."""
    catalogue = tables.catalogue
    codes = {word: code for code, word in enumerate(catalogue.words.engagements)}
    events = np.zeros((len(catalogue), len(catalogue.words)), np.int64)
    for item, mark, number in cursor.execute(ITEM_COUNTS, {"category": category}).fetchall():
        events[catalogue.rows[str(item)], codes[str(mark)]] = number
    counted = ~catalogue.neutral
    if category:
        counted = counted & (catalogue.category_of == catalogue.categories.index(category))
    return tuple(events[counted].sum(0).tolist()), np.sort(events[counted].sum(1))[::-1]


def _parts(cursor: duckdb.DuckDBPyConnection, tables: Tables, category: str) -> tuple[PartFigures, ...]:
    parameters = {"category": category}
    if tables.card.split == "leave-last-out":
        tests, checks, learned, before = cursor.execute(LAST_OUT, parameters).fetchall()[0]
        return (
            PartFigures("train", learned, before),
            PartFigures("validation", checks, checks),
            PartFigures("test", tests, tests),
        )
    tables.list_learned_items()
    sizes = {part: (sessions, events) for part, sessions, events in cursor.execute(PARTS, parameters).fetchall()}
    new = dict(cursor.execute(NEW_TARGETS, parameters).fetchall())
    return tuple(PartFigures(name, *sizes[name], new[name]) for name in PART_NAMES if name in sizes)
