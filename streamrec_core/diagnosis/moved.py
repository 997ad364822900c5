"""How a ranking moved: the ten before and the ten after, with every title's place on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.evaluation.ranking import TOP, Scored


@dataclass(frozen=True)
class Moved:
    """A title that is among the ten on at least one side.

    Attributes
    ----------
    rank_before, rank_after : int
        1 is best; 0 where it cannot be recommended.
    probability_before, probability_after : float
        Share among the items that can be recommended.
    """

    row: int
    item_id: str
    title: str
    category: str
    rank_before: int
    rank_after: int
    probability_before: float
    probability_after: float

    @property
    def fate(self) -> str:
        """`new`, `gone`, `up`, `down` or `same`."""
        inside = [1 <= rank <= TOP for rank in (self.rank_before, self.rank_after)]
        if inside != [True, True]:
            return "gone" if inside[0] else "new"
        return ("up", "same", "down")[1 + (self.rank_after > self.rank_before) - (self.rank_after < self.rank_before)]


@dataclass(frozen=True)
class Shift:
    """Two rankings of the same catalogue.

    Attributes
    ----------
    moves : tuple of Moved
        The ten after in their order, then those that fell out of the ten, by their old place.
    kept : int
        How many of the ten are the same titles on both sides.
    """

    moves: tuple[Moved, ...]
    kept: int

    @property
    def same_first(self) -> bool:
        """Whether the same title stands first."""
        return any(move.rank_before == move.rank_after == 1 for move in self.moves)


def shift(before: Scored, after: Scored, catalogue: Catalogue) -> Shift:
    """Compare two rankings."""
    new, old = after.order[:TOP], before.order[:TOP]
    rows = [*new, *(row for row in old if row not in new)]
    moves = tuple(
        Moved(
            row=int(row),
            item_id=catalogue.item_ids[row],
            title=catalogue.titles[row],
            category=catalogue.category(int(row)),
            rank_before=int(before.ranks[row]),
            rank_after=int(after.ranks[row]),
            probability_before=float(before.probabilities[row]),
            probability_after=float(after.probabilities[row]),
        )
        for row in rows
    )
    return Shift(moves, int(np.isin(new, old).sum()))
