"""The test of understanding: what the model really does when one event of a session had not been there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.evaluation.ranking import score_history
from streamrec_core.models.protocol import SessionModel

LEAST_EVENTS = 3
"""Shorter histories leave too little when an event is taken out of them."""


@dataclass(frozen=True)
class Removal:
    """What happened to the first recommendation without one event.

    Attributes
    ----------
    position : int
        Place of the event in the history.
    rank : int
        Rank of what had been the first recommendation, the removed item left out of the ranking.
    first : int
        Catalogue row of the first recommendation afterwards.
    """

    position: int
    rank: int
    first: int

    @property
    def stays(self) -> bool:
        """Whether the first recommendation is the same as before."""
        return self.rank == 1


def removals(model: SessionModel, dataset: DataSet, history: Session, candidate: int) -> tuple[Removal, ...]:
    """Run the model once for every event that can be asked about, without that event.

    The removed item itself is not counted among the recommendations afterwards: it is the item that the reader is
    asked to think away.
    """
    return tuple(_without(model, dataset, history, place, candidate) for place in askable(dataset, history, candidate))


def askable(dataset: DataSet, history: Session, candidate: int) -> tuple[int, ...]:
    """Places of the events that a question can name without doubt: not neutral, of a title that stands there once."""
    titles = Counter(dataset.catalogue.titles[row] for row in history.items)
    titles[dataset.catalogue.titles[candidate]] += 1
    return tuple(
        place
        for place, row in enumerate(history.items)
        if not dataset.catalogue.neutral[row] and titles[dataset.catalogue.titles[row]] == 1
    )


def _without(model: SessionModel, dataset: DataSet, history: Session, place: int, candidate: int) -> Removal:
    left = Session(history.session_id, np.delete(history.items, place), np.delete(history.engagements, place))
    scored = score_history(model, dataset.catalogue, left, dataset.card.filter_seen)
    removed = int(history.items[place])
    order = scored.order[scored.order != removed]
    rank = int(np.flatnonzero(order == candidate)[0]) + 1
    return Removal(place, rank, int(order[0]))
