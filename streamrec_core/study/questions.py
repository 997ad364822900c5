"""The test of understanding: what the model really does when one event of a session had not been there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from streamrec_core.attribution.removal import case_of, stand
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
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
        Rank of what had been the first recommendation.
    first : int
        Catalogue row of the first recommendation afterwards.
    stays : bool
        Whether that is the same as before.
    """

    position: int
    rank: int
    first: int
    stays: bool


def removals(model: SessionModel, dataset: DataSet, history: Session, candidate: int) -> tuple[Removal, ...]:
    """Run the model, in few batches, without each event that can be asked about.

    The removed item itself is barred from the ranking afterwards, also where seen items may be recommended: it is the
    item that the reader is asked to think away.
    """
    places = askable(dataset, history, candidate)
    if not places:
        return ()
    case = case_of(history, candidate, model, dataset.card.filter_seen)
    without = [replace(case, barred=np.append(case.barred, history.items[place])) for place in places]
    found = stand(model, dataset.catalogue, [(one, (at,), "drop") for one, at in zip(without, places, strict=True)])
    return tuple(
        Removal(at, rank=int(found.rank[row]), first=int(found.top[row]), stays=int(found.top[row]) == candidate)
        for row, at in enumerate(places)
    )


def askable(dataset: DataSet, history: Session, candidate: int) -> tuple[int, ...]:
    """Places of the events that a question can name without doubt: not neutral, of a title that stands there once."""
    titles = Counter(dataset.catalogue.titles[row] for row in history.items)
    titles[dataset.catalogue.titles[candidate]] += 1
    return tuple(
        place
        for place, row in enumerate(history.items)
        if not dataset.catalogue.neutral[row] and titles[dataset.catalogue.titles[row]] == 1
    )
