"""What every frequent item got and did where it occurred: attention received, and the prediction without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from streamrec_core.attention.aggregation import mean_over_heads
from streamrec_core.attention.capture import session_maps
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.removal import remove
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import Values
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import SessionModel

CHUNK = 64


@dataclass(eq=False)
class Occurrences:
    """One item over the n sessions that hold it; each value is of one session.

    Attributes
    ----------
    attention : list of float
        Share of the joined attention on the item's events, 0 to 1.
    even : list of float
        What even attention would have given them.
    effect : list of float
        Fall of the first recommendation's log-probability without them, in nats; negative where it rises.
    first_changes : list of bool
        Whether another item would then stand first.
    """

    attention: list[float] = field(default_factory=list)
    even: list[float] = field(default_factory=list)
    effect: list[float] = field(default_factory=list)
    first_changes: list[bool] = field(default_factory=list)


def histories(dataset: DataSet, examples: Examples) -> list[Session]:
    """The whole histories of examples, targets left off."""
    ends = zip(examples.sessions.tolist(), examples.ends.tolist(), strict=True)
    return [dataset.log.session(row).until(end) for row, end in ends]


def joined_attention(model: SessionModel, sessions: Sequence[Session], catalogue_size: int) -> Iterator[Values]:
    """(L,) joined attention from the predicting position of each history, in order, a chunk at a time."""
    for start in range(0, len(sessions), CHUNK):
        for maps in session_maps(model, sessions[start : start + CHUNK], catalogue_size):
            yield mean_over_heads(maps)


def observe(model: SessionModel, dataset: DataSet, examples: Examples, rows: IntArray) -> dict[int, Occurrences]:
    """Watch these catalogue rows in the examples' histories, as far as the model sees them.

    Every item is taken away with all its events at once; all sessions of a chunk in few forward passes.
    """
    found = {int(row): Occurrences() for row in rows}
    tops = rank(model, dataset, examples).top[:, 0]
    sessions = histories(dataset, examples)
    attention = joined_attention(model, sessions, len(dataset.catalogue))
    cases = [
        case_of(session, int(top), model, dataset.card.filter_seen) for session, top in zip(sessions, tops, strict=True)
    ]
    for start in range(0, len(cases), CHUNK):
        wanted = [_places(case, rows) for case in cases[start : start + CHUNK]]
        _keep(model, dataset, cases[start : start + CHUNK], wanted, [next(attention) for _ in wanted], found)
    return found


def _places(case: Case, rows: IntArray) -> dict[int, tuple[int, ...]]:
    """Positions of each wanted item in one history."""
    items = case.history.items
    own = np.unique(items[np.isin(items, rows)])
    return {int(row): tuple(int(place) for place in np.flatnonzero(items == row)) for row in own}


def _keep(
    model: SessionModel,
    dataset: DataSet,
    cases: Sequence[Case],
    wanted: Sequence[dict[int, tuple[int, ...]]],
    attention: Sequence[Values],
    found: dict[int, Occurrences],
) -> None:
    asked = [(case, list(places.values())) for case, places in zip(cases, wanted, strict=True)]
    for case, places, weights, gone in zip(
        cases, wanted, attention, remove(model, dataset.catalogue, asked), strict=True
    ):
        for number, (row, positions) in enumerate(places.items()):
            one = found[row]
            one.attention.append(float(weights[list(positions)].sum()))
            one.even.append(len(positions) / len(case.history))
            one.effect.append(float(gone.effect[number]))
            one.first_changes.append(bool(gone.top[number] != case.candidate))
