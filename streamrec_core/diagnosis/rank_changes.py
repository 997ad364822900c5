"""How a ranking moved: the ten before and the ten after, with every title's place on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.evaluation.ranking import TOP, RankedCatalogue


@dataclass(frozen=True)
class Moved:
    """A title that is among the ten on at least one side.

    Attributes
    ----------
    rank_before, rank_after : int
        1 is best; 0 where it cannot be recommended. Items with equal scores share a rank.
    position_before, position_after : int
        In the list of ten, which holds one title a position; 0 outside it.
    probability_before, probability_after : float
        Share among the items that can be recommended.
    """

    row: int
    item_id: str
    title: str
    category: str
    rank_before: int
    rank_after: int
    position_before: int
    position_after: int
    probability_before: float
    probability_after: float

    @property
    def fate(self) -> str:
        """`new`, `gone`, `up`, `down` or `same`."""
        if not (self.position_before and self.position_after):
            return "gone" if self.position_before else "new"
        down = self.position_after - self.position_before
        return ("up", "same", "down")[1 + (down > 0) - (down < 0)]


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
        return any(move.position_before == move.position_after == 1 for move in self.moves)


def shift(before: RankedCatalogue, after: RankedCatalogue, catalogue: Catalogue) -> Shift:
    """Compare two rankings."""
    new, old = after.order[:TOP].tolist(), before.order[:TOP].tolist()
    rows = [*new, *(row for row in old if row not in new)]
    moves = tuple(
        Moved(
            row=row,
            item_id=catalogue.item_ids[row],
            title=catalogue.titles[row],
            category=catalogue.category(row),
            rank_before=int(before.ranks[row]),
            rank_after=int(after.ranks[row]),
            position_before=old.index(row) + 1 if row in old else 0,
            position_after=new.index(row) + 1 if row in new else 0,
            probability_before=float(before.probabilities[row]),
            probability_after=float(after.probabilities[row]),
        )
        for row in rows
    )
    return Shift(moves, len({*new} & {*old}))
