"""Which sessions a visitor has asked for, read from the address bar and checked against the data set."""

from __future__ import annotations

from dataclasses import dataclass

from pages.ui.url_state import CATEGORY, HOLDS, LEAST, MARK, MOST, ORDER, PART, SHEET, WORDS, wanted
from streamrec_core.data.browse.figures import PART_NAMES
from streamrec_core.data.browse.sessions import SORTS, Wish
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.engagement import ENGAGEMENTS

PAGE_SIZE = 10
LONGEST_WORDS = 200
LARGEST = 10**9
FIRST_ORDER = next(iter(SORTS))


@dataclass(frozen=True)
class Choice:
    """A wish, an order and a page.

    Attributes
    ----------
    at : int
        Number of the page, from 1.
    ignored : tuple of str
        What the link asks for and this data set does not have.
    """

    wish: Wish
    order: str
    at: int
    ignored: tuple[str, ...]

    @property
    def first(self) -> int:
        """Number of the first session of the page, from 0."""
        return (self.at - 1) * PAGE_SIZE


def chosen_category(tables: Tables) -> str:
    """The category that everything is narrowed to; empty for the whole data set."""
    return _one_of(CATEGORY, tables.catalogue.content_categories)


def choice(tables: Tables) -> Choice:
    """What the address bar asks for; what does not fit is left out and named."""
    wish = Wish(
        least=_number(LEAST),
        most=_number(MOST),
        category=chosen_category(tables),
        title=(wanted(WORDS) or "").strip()[:LONGEST_WORDS],
        item=_one_of(HOLDS, tables.catalogue.rows),
        engagement=_one_of(MARK, ENGAGEMENTS),
        part=_one_of(PART, PART_NAMES),
    )
    understood = {
        CATEGORY: wish.category,
        HOLDS: wish.item,
        MARK: wish.engagement,
        PART: wish.part,
        LEAST: wish.least is not None,
        MOST: wish.most is not None,
        ORDER: _one_of(ORDER, SORTS),
        SHEET: _number(SHEET),
    }
    ignored = tuple(f"{name} {wanted(name)}" for name, value in understood.items() if wanted(name) and not value)
    return Choice(wish, _one_of(ORDER, SORTS) or FIRST_ORDER, max(_number(SHEET) or 1, 1), ignored)


def _one_of(name: str, known: object) -> str:
    asked = wanted(name) or ""
    return asked if asked in known else ""  # type: ignore[operator]


def _number(name: str) -> int | None:
    asked = wanted(name) or ""
    return min(int(asked), LARGEST) if asked.isascii() and asked.isdigit() and len(asked) < 12 else None
