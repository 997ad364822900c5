"""Which events of a history belong together: repeats of an item, items of a category, pairs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session

GroupKind = Literal["repeats", "category"]


@dataclass(frozen=True)
class Group:
    """Events that are removed together because they say the same.

    Attributes
    ----------
    kind : str
        repeats (all events of one item that stands there more than once) or category.
    code : int
        Catalogue row of the item, or code of the category.
    positions : tuple of int
        Places in the history, rising.
    """

    kind: GroupKind
    code: int
    positions: tuple[int, ...]


def repeats(history: Session) -> tuple[Group, ...]:
    """Every item that stands in the history more than once, in catalogue order."""
    rows, counts = np.unique(history.items, return_counts=True)
    return tuple(_group("repeats", int(row), history.items == row) for row in rows[counts > 1])


def categories(history: Session, catalogue: Catalogue) -> tuple[Group, ...]:
    """Every category of the history with its events; neutral items belong to none."""
    content = ~catalogue.neutral[history.items]
    codes = catalogue.category_of[history.items]
    return tuple(_group("category", int(code), content & (codes == code)) for code in np.unique(codes[content]))


def event_groups(history: Session, catalogue: Catalogue) -> tuple[Group, ...]:
    """Repeats and categories together; hand the `positions` of each to `removal.remove`."""
    return repeats(history) + categories(history, catalogue)


def pairs(history: Session) -> list[tuple[int, ...]]:
    """All L (L - 1) / 2 pairs of positions."""
    return [*combinations(range(len(history)), 2)]


def _group(kind: GroupKind, code: int, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Group:
    return Group(kind, code, tuple(int(at) for at in np.flatnonzero(chosen)))
