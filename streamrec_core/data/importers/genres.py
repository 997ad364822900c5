"""Genres of an item: divide them, join them, and choose the rarest as its category."""

from __future__ import annotations

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


def _unquoted(part: str) -> str:
    return part[1:-1].strip() if len(part) > 1 and part[0] == part[-1] and part[0] in "'\"" else part
