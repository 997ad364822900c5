"""The catalogue: all items, in the fixed order by which models number them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput

IntArray = npt.NDArray[np.int64]

NEUTRAL = "neutral"
"""Category of neutral items, always the last one; it counts as no category in figures and on disk."""

UNCATEGORISED = "uncategorised"
"""Category of items whose log or file names none."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items by row. A model knows an item by its row number, a person by its id and title.

    Attributes
    ----------
    item_ids, titles : tuple of V str
        Ids are distinct; titles need not be.
    category_of : (V,) int64
        Row of each item's category in `categories`.
    categories : tuple of C str
    neutral : (V,) bool
        Items such as a home page: never a target, never recommended, never named as a reason.
    genres : tuple of V str
        All categories of the item, joined by `|`, where the source gives more than one; else empty.
    series, episodes : (V,) int64
        Series number (-1: stands alone) and episode number (0: stands alone).
    words : LogWords
        Of the data set: the engagements behind the codes of its log, and what an item is called. Not hashed.
    """

    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    category_of: IntArray
    categories: tuple[str, ...]
    neutral: npt.NDArray[np.bool_]
    genres: tuple[str, ...] = ()
    series: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    episodes: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    words: LogWords = STREAMREC_WORDS

    def __post_init__(self) -> None:
        if len(self.series) == 0:
            object.__setattr__(self, "series", np.full(len(self), -1, np.int64))
            object.__setattr__(self, "episodes", np.zeros(len(self), np.int64))
        for name in ("titles", "category_of", "neutral", "series", "episodes"):
            if len(getattr(self, name)) != len(self.item_ids):
                raise BadInput(f"catalogue: {len(self.item_ids)} ids but {len(getattr(self, name))} {name}")
        if len(self.rows) != len(self.item_ids):
            twice = next(i for row, i in enumerate(self.item_ids) if self.rows[i] != row)
            raise BadInput(f"catalogue: item {twice!r} stands twice; keep one row for each item_id")

    def __len__(self) -> int:
        return len(self.item_ids)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each item id."""
        return {item: row for row, item in enumerate(self.item_ids)}

    @cached_property
    def _rows_by_title(self) -> dict[str, list[int]]:
        rows_by_title: dict[str, list[int]] = {}
        for row, title in enumerate(self.titles):
            rows_by_title.setdefault(title.casefold(), []).append(row)
        return rows_by_title

    @cached_property
    def hash(self) -> str:
        """SHA-256 over ids, titles, categories, neutral flags and series, in row order."""
        digest = hashlib.sha256()
        names = [self.categories[code] for code in self.category_of]
        for column in (self.item_ids, self.titles, names):
            digest.update(strings_digest(column))
        for numbers in (self.neutral, self.series, self.episodes):
            digest.update(np.ascontiguousarray(numbers, dtype="<i8").tobytes())
        return digest.hexdigest()

    @property
    def content_categories(self) -> tuple[str, ...]:
        """The categories without that of neutral items."""
        return tuple(name for name in self.categories if name != NEUTRAL)

    @cached_property
    def telling(self) -> npt.NDArray[np.bool_]:
        """(C,) which categories tell items apart: not where there is one for all, and not that of items without one."""
        several = len(self.content_categories) > 1
        tells = np.array([several and name != UNCATEGORISED for name in self.categories], np.bool_)
        tells.flags.writeable = False
        return tells

    def with_words(self, words: LogWords) -> Catalogue:
        """The same items with the words of a data set."""
        if words == self.words:
            return self
        # A shallow copy keeps what was computed of the items: their hash, and rows by id and title.
        changed = copy.copy(self)
        object.__setattr__(changed, "words", words)
        return changed

    def category(self, row: int) -> str:
        """Name of the category of the item in `row`."""
        return self.categories[int(self.category_of[row])]

    def row(self, name: str) -> int:
        """Row of the item with this id or, failing that, this title (letter case ignored).

        Raises
        ------
        BadInput
            No item has that id or title, or several have that title.
        """
        name = name.strip()
        if name in self.rows:
            return self.rows[name]
        rows = self._rows_by_title.get(name.casefold(), [])
        if len(rows) == 1:
            return rows[0]
        if rows:
            ids = ", ".join(self.item_ids[row] for row in rows[:5])
            raise BadInput(f"{len(rows)} items are titled {name!r}; give one of their ids: {ids}")
        raise BadInput(f"no item has the id or title {name!r} in this catalogue of {len(self):,} items")


def strings_digest(values: Iterable[str]) -> bytes:
    """SHA-256 of a column of strings, each with its length before it so that borders count."""
    digest = hashlib.sha256()
    for raw in StringColumn(values).digest_bytes():
        digest.update(raw)
    return digest.digest()
