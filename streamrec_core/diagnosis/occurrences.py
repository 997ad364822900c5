"""Measure each occurrence of frequent items: the attention on them and the effect of their removal."""

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
    """One item over the n sessions that contain it; one value a session.

    Attributes
    ----------
    attention : list of float
        Share of the attention, averaged over heads, on the item's events, 0 to 1.
    uniform : list of float
        Their share under uniform attention.
    effect : list of float
        Drop of the first recommendation's log-probability without them, in nats; negative where it rises.
    first_changes : list of bool
        Whether the first recommendation changes without them.
    """

    attention: list[float] = field(default_factory=list)
    uniform: list[float] = field(default_factory=list)
    effect: list[float] = field(default_factory=list)
    first_changes: list[bool] = field(default_factory=list)


def mean_attention(model: SessionModel, sessions: Sequence[Session], catalogue_size: int) -> Iterator[Values]:
    """Yield the attention from the predicting position, averaged over heads, for one history after the other.

    Parameters
    ----------
    model : SessionModel
    sessions : sequence of Session
        Histories; they run through the model in chunks.
    catalogue_size : int
        V.

    Yields
    ------
    (L,) float64
        Over the events of the history inside the model's window.
    """
    for start in range(0, len(sessions), CHUNK):
        for maps in session_maps(model, sessions[start : start + CHUNK], catalogue_size):
            yield mean_over_heads(maps)


def observe(model: SessionModel, dataset: DataSet, examples: Examples, rows: IntArray) -> dict[int, Occurrences]:
    """Measure items in the examples' histories, as far as the model sees them.

    All events of an item are removed at once, and all removals of a chunk run in few forward passes.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        Whose histories are searched.
    rows : (n,) int64
        Catalogue rows of the items.

    Returns
    -------
    dict of int to Occurrences
        By catalogue row.
    """
    occurrences = {int(row): Occurrences() for row in rows}
    tops = rank(model, dataset, examples).top[:, 0]
    sessions = examples.histories(dataset.log)
    attention = mean_attention(model, sessions, len(dataset.catalogue))
    cases = [
        case_of(session, int(top), model, dataset.card.filter_seen) for session, top in zip(sessions, tops, strict=True)
    ]
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        by_item = [_positions(case, rows) for case in chunk]
        removals = remove(
            model,
            dataset.catalogue,
            [(case, list(positions.values())) for case, positions in zip(chunk, by_item, strict=True)],
        )
        for case, positions_of, removal in zip(chunk, by_item, removals, strict=True):
            weights = next(attention)
            for number, (row, positions) in enumerate(positions_of.items()):
                occurrence = occurrences[row]
                occurrence.attention.append(float(weights[list(positions)].sum()))
                occurrence.uniform.append(len(positions) / len(case.history))
                occurrence.effect.append(float(removal.effect[number]))
                occurrence.first_changes.append(bool(removal.top[number] != case.candidate))
    return occurrences


def _positions(case: Case, rows: IntArray) -> dict[int, tuple[int, ...]]:
    """Positions of each of these items in one history."""
    items = case.history.items
    present = np.unique(items[np.isin(items, rows)])
    return {int(row): tuple(np.flatnonzero(items == row).tolist()) for row in present}
