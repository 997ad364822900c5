"""Rank changes: compare the ten recommendations before and after, with every title's rank on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.evaluation.ranked_catalogue import RankedCatalogue
from streamrec_core.evaluation.ranking import TOP


@dataclass(frozen=True)
class RankChange:
    """One title that is among the ten before or after.

    Attributes
    ----------
    rank_before, rank_after : int
        1 is best; 0 where it cannot be recommended. Items with equal scores share a rank.
    position_before, position_after : int
        Position in the list of ten, one title each; 0 outside it.
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
    def status(self) -> str:
        """`new`, `gone`, `up`, `down` or `same`."""
        if not (self.position_before and self.position_after):
            return "gone" if self.position_before else "new"
        down = self.position_after - self.position_before
        return ("up", "same", "down")[1 + (down > 0) - (down < 0)]


@dataclass(frozen=True)
class RankChanges:
    """The difference between two rankings of the same catalogue.

    Attributes
    ----------
    changes : tuple of RankChange
        The ten after in their order, then those that left the ten, by their old position.
    in_both : int
        Number of titles among the ten both before and after.
    """

    changes: tuple[RankChange, ...]
    in_both: int

    @property
    def same_first(self) -> bool:
        """Whether the first recommendation is the same."""
        return any(change.position_before == change.position_after == 1 for change in self.changes)


def compare_rankings(before: RankedCatalogue, after: RankedCatalogue, catalogue: Catalogue) -> RankChanges:
    """Compare two rankings of one catalogue.

    Parameters
    ----------
    before, after : RankedCatalogue
    catalogue : Catalogue
        Gives titles and categories.

    Returns
    -------
    RankChanges
    """
    new, old = after.order[:TOP].tolist(), before.order[:TOP].tolist()
    rows = [*new, *(row for row in old if row not in new)]
    changes = tuple(
        RankChange(
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
    return RankChanges(changes, len({*new} & {*old}))
