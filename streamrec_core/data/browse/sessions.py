"""Filter, sort and page through the sessions of a data set, each with its latest events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from duckdb import ColumnExpression as Column
from duckdb import ConstantExpression as Constant
from duckdb import Expression

from streamrec_core.data.browse.tables import ROW, Tables
from streamrec_core.data.engagement import SAVE, LogWords
from streamrec_core.data.sessions_table import engagement_column
from streamrec_core.errors import BadInput

LATEST = 40
"""So many events of a session are read; the earlier ones of a longer one are counted only."""

SORTS: dict[str, tuple[str, bool]] = {
    "in the order of the log": (ROW, False),
    "longest first": ("length", True),
    "shortest first": ("length", False),
    "most categories first": ("categories", True),
    "most repeats first": ("repeats", True),
    "most saves first": ("strong", True),
}
"""What sessions can be sorted by: column, and whether it falls; `strong` is that of the weakest strong engagement.

Equals stand in the order of the log.
"""


def sort_label(sort: str, words: LogWords) -> str:
    """How an order is called where a data set has words of its own: "most added to the cart first".

    Parameters
    ----------
    sort : str
        Key of `SORTS`.
    words : LogWords

    Returns
    -------
    str
    """
    return f"most {words.phrases[_strong(words)]} first" if SORTS[sort][0] == "strong" and words.from_log else sort


def _strong(words: LogWords) -> int:
    """Code of the engagement behind "most saves first"."""
    return min(words.strong, len(words) - 1) if words.from_log else SAVE


# An event knows its place in the file and in its session, and so where its session starts.
WITH_ITEM = """
    SELECT DISTINCT file_row_number - position AS start FROM events WHERE item_id = $item
"""
WITH_TITLE = """
    SELECT DISTINCT events.file_row_number - events.position AS start
    FROM events SEMI JOIN (SELECT item_id FROM catalogue WHERE contains(lower(title), lower($title))) USING (item_id)
"""
INDEXED_ITEM = "SELECT session AS file_row_number FROM item_sessions WHERE item = $item"
INDEXED_TITLE = """
    SELECT DISTINCT session AS file_row_number FROM item_sessions SEMI JOIN (
        SELECT file_row_number AS item FROM catalogue WHERE contains(lower(title), lower($title))
    ) AS named USING (item)
"""
MATCHING = "matching_sessions"
"""A table of one question, of the connection that asks."""
SESSION = """
    SELECT session_id, start, length, main_category, part, repeats FROM sessions WHERE file_row_number = $row
"""
EVENTS = """
    SELECT item_id, engagement FROM events WHERE file_row_number BETWEEN $first AND $last ORDER BY file_row_number
"""


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions to show; what is None or empty does not matter.

    Attributes
    ----------
    least, most : int or None
        Events before the target.
    category : str
        The category of most events of the session.
    title : str
        Some words that the title of one of its items contains, letter case ignored.
    item : str
        Id of an item that the session holds.
    engagement : str
        At least one event of this type.
    part : str
        train, validation or test.
    """

    least: int | None = None
    most: int | None = None
    category: str = ""
    title: str = ""
    item: str = ""
    engagement: str = ""
    part: str = ""


@dataclass(frozen=True)
class BrowsedEvent:
    """One event: catalogue row of its item, and the code of its engagement."""

    item: int
    engagement: int


@dataclass(frozen=True)
class BrowsedSession:
    """One session of a page.

    Attributes
    ----------
    length : int
        Events before the target.
    events : tuple of BrowsedEvent
        The latest `LATEST` and last of all the target.
    part : str
        Empty where the session is in no part, or cut across the parts.
    """

    session_id: str
    length: int
    main_category: str
    part: str
    repeats: int
    events: tuple[BrowsedEvent, ...]

    @property
    def hidden(self) -> int:
        """How many earlier events are not among `events`."""
        return self.length + 1 - len(self.events)


@dataclass(frozen=True)
class Page:
    """Some sessions, and how many there are in all.

    Attributes
    ----------
    first : int
        Number of the first of them, from 0.
    """

    total: int
    first: int
    sessions: tuple[BrowsedSession, ...]


def find_sessions(tables: Tables, session_filter: SessionFilter, sort: str, first: int = 0, size: int = 10) -> Page:
    """Find sessions that pass a filter, one page of them.

    Parameters
    ----------
    tables : Tables
    session_filter : SessionFilter
    sort : str
        A key of `SORTS`.
    first : int
        The page that holds the session of this number, from 0; the last page where there are not so many.
    size : int
        Sessions on a page.

    Returns
    -------
    Page

    Raises
    ------
    BadInput
        The sort or the engagement is unknown, or the folder is damaged.
    """
    if sort not in SORTS:
        raise BadInput(f"unknown order {sort!r}; choose one of {', '.join(SORTS)}")
    words = tables.catalogue.words.engagements
    if session_filter.engagement and session_filter.engagement not in words:
        raise BadInput(f"unknown engagement {session_filter.engagement!r}; choose one of {', '.join(words)}")
    with tables.ask() as cursor:
        matching = _matching(cursor, tables, session_filter)
        total = int(matching.count("*").fetchall()[0][0])
        first = max(min(first, total - 1), 0) // size * size
        column, falling = SORTS[sort]
        column = engagement_column(words[_strong(tables.catalogue.words)]) if column == "strong" else column
        order = Column(column).desc() if falling else Column(column).asc()
        if session_filter == SessionFilter() and column == ROW:
            numbers = list(range(first, min(first + size, total)))
        else:
            page = matching.sort(order, Column(ROW).asc()).limit(size, first).select(ROW) if total else None
            numbers = [] if page is None else [number for (number,) in page.fetchall()]
        return Page(total, first, tuple(_session(cursor, tables, number) for number in numbers))


def _matching(
    cursor: duckdb.DuckDBPyConnection, tables: Tables, session_filter: SessionFilter
) -> duckdb.DuckDBPyRelation:
    matching = cursor.table("sessions")
    for condition in _conditions(session_filter):
        matching = matching.filter(condition)
    if not session_filter.item and not session_filter.title:
        return matching
    # The table is counted and paged through, so that the log is searched once.
    question, params = _search(tables, session_filter)
    cursor.execute(f"CREATE TEMP TABLE {MATCHING} AS {question}", params)
    return matching.join(cursor.table(MATCHING), ROW if tables.is_indexed else "start", how="semi")


def _search(tables: Tables, session_filter: SessionFilter) -> tuple[str, dict[str, str | int]]:
    """The question for the sessions with an item or with words of a title, and its parameters."""
    if not session_filter.item:
        return INDEXED_TITLE if tables.is_indexed else WITH_TITLE, {"title": session_filter.title}
    if tables.is_indexed:
        return INDEXED_ITEM, {"item": tables.catalogue.rows.get(session_filter.item, -1)}
    return WITH_ITEM, {"item": session_filter.item}


def _conditions(session_filter: SessionFilter) -> Iterator[Expression]:
    if session_filter.least is not None:
        yield Column("length") >= Constant(session_filter.least)
    if session_filter.most is not None:
        yield Column("length") <= Constant(session_filter.most)
    if session_filter.category:
        yield Column("main_category") == Constant(session_filter.category)
    if session_filter.part:
        yield Column("part") == Constant(session_filter.part)
    if session_filter.engagement:
        yield Column(engagement_column(session_filter.engagement)) > Constant(0)


def _session(cursor: duckdb.DuckDBPyConnection, tables: Tables, row: int) -> BrowsedSession:
    """The session of a row of table `sessions`."""
    session_id, start, length, category, part, repeats = cursor.execute(SESSION, {"row": row}).fetchall()[0]
    span = {"first": start + max(length - LATEST, 0), "last": start + length}
    events = cursor.execute(EVENTS, span).fetchall()
    rows = tables.catalogue.rows
    if strangers := [item for item, _ in events if str(item) not in rows]:
        raise BadInput(
            f"session {session_id!r} holds item {strangers[0]!r}, which is not in the catalogue; add it there"
        )
    codes = {word: code for code, word in enumerate(tables.catalogue.words.engagements)}
    shown = tuple(BrowsedEvent(rows[str(item)], codes[str(mark)]) for item, mark in events)
    return BrowsedSession(str(session_id), length, category or "", part or "", repeats, shown)
