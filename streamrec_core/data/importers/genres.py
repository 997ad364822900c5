"""Genres of an item: divide them, join them, and choose the rarest as its category."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

NO_GENRE = "(no genres listed)"
"""As MovieLens itself says it."""
JOINT = "|"


def rarest(genres: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """For each item the genre that fewest items of this catalogue have; of equally rare ones the first by name."""
    counts = Counter(genre for of_item in genres for genre in set(of_item))
    return tuple(min(of_item, key=lambda genre: (counts[genre], genre), default=NO_GENRE) for of_item in genres)


def joined(genres: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """All genres of each item in one string."""
    return tuple(JOINT.join(of_item) or NO_GENRE for of_item in genres)


def divided(cell: str, separator: str) -> tuple[str, ...]:
    """Divide a cell into genres, each once, in their order; quotes around one are removed.

    Parameters
    ----------
    cell : str
    separator : str

    Returns
    -------
    tuple of str
    """
    plain = (_unquoted(part.strip()) for part in cell.split(separator))
    return tuple(dict.fromkeys(part for part in plain if part))


def categories_of_cell(cell: str, separator: str = JOINT) -> tuple[str, ...]:
    """All categories that a cell names, each once.

    Parameters
    ----------
    cell : str
        Categories between separators, a JSON list, or a path as `A > B`, each level of which is a category.
    separator : str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> categories_of_cell("Drama|Comedy"), categories_of_cell('["Drama", "Comedy"]')
    (('Drama', 'Comedy'), ('Drama', 'Comedy'))
    >>> categories_of_cell("Clothes > Shirts > Polo")
    ('Clothes', 'Clothes > Shirts', 'Clothes > Shirts > Polo')
    """
    parts = _listed(cell) if cell.startswith("[") else divided(cell, separator)
    return tuple(dict.fromkeys(level for part in parts for level in _levels(part)))


def _listed(cell: str) -> tuple[str, ...]:
    """The words of a list as JSON writes it, or Python."""
    try:
        words = json.loads(cell)
    except ValueError:
        return divided(cell.strip("[]"), ",")
    return tuple(" ".join(str(word).split()) for word in words if word is not None)


def _levels(path: str) -> tuple[str, ...]:
    levels = [level.strip() for level in path.split(" > ")]
    return tuple(" > ".join(levels[: depth + 1]) for depth in range(len(levels)))


def at_level(categories: tuple[str, ...], level: int) -> tuple[str, ...]:
    """The categories of one level of their paths, counted from 1; all where no path is so deep, or the level is 0.

    Parameters
    ----------
    categories : tuple of str
    level : int

    Returns
    -------
    tuple of str
    """
    return tuple(name for name in categories if name.count(" > ") + 1 == level) or categories


def _unquoted(part: str) -> str:
    return part[1:-1].strip() if len(part) > 1 and part[0] == part[-1] and part[0] in "'\"" else part
