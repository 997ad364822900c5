"""The session filter, order and page in the address bar, checked against the data set."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from pages.dataset.url import CATEGORY, HOLDS, LEAST, MARK, MOST, ORDER, PART, SHEET, WORDS
from pages.ui.url_state import url_value
from streamrec_core.data.browse.figures import PART_NAMES
from streamrec_core.data.browse.sessions import SORTS, SessionFilter
from streamrec_core.data.browse.tables import Tables

PAGE_SIZE = 10
LONGEST_WORDS = 200
LARGEST = 10**9
FIRST_ORDER = next(iter(SORTS))


@dataclass(frozen=True)
class SessionQuery:
    """A session filter, an order and a page.

    Attributes
    ----------
    at : int
        Number of the page, from 1.
    ignored : tuple of str
        Parts of the link that do not apply to this data set.
    """

    session_filter: SessionFilter
    order: str
    at: int
    ignored: tuple[str, ...]

    @property
    def first(self) -> int:
        """Number of the first session of the page, from 0."""
        return (self.at - 1) * PAGE_SIZE


def category_filter(tables: Tables) -> str:
    """The category that the page is filtered to; empty for the whole data set."""
    return _one_of(CATEGORY, tables.catalogue.content_categories)


def session_query(tables: Tables) -> SessionQuery:
    """The query in the address bar; parts that do not apply are ignored and named."""
    session_filter = SessionFilter(
        least=_number(LEAST),
        most=_number(MOST),
        category=category_filter(tables),
        title=(url_value(WORDS) or "").strip()[:LONGEST_WORDS],
        item=_one_of(HOLDS, tables.catalogue.rows),
        engagement=_one_of(MARK, tables.catalogue.words.engagements),
        part=_one_of(PART, PART_NAMES),
    )
    applied = {
        CATEGORY: session_filter.category,
        HOLDS: session_filter.item,
        MARK: session_filter.engagement,
        PART: session_filter.part,
        LEAST: session_filter.least is not None,
        MOST: session_filter.most is not None,
        ORDER: _one_of(ORDER, SORTS),
        SHEET: _number(SHEET),
    }
    ignored = tuple(f"{name} {url_value(name)}" for name, value in applied.items() if url_value(name) and not value)
    return SessionQuery(session_filter, _one_of(ORDER, SORTS) or FIRST_ORDER, max(_number(SHEET) or 1, 1), ignored)


def _one_of(name: str, options: Container[str]) -> str:
    value = url_value(name) or ""
    return value if value in options else ""


def _number(name: str) -> int | None:
    digits = url_value(name) or ""
    return min(int(digits), LARGEST) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None
