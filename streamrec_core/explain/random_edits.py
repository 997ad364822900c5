"""Random edits of a history for testing reasons: events left out, and events of the reason replaced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.case import Case
from streamrec_core.attribution.edits import Edits, Masks
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import ItemArray

DRAW_SEED = 42
Positions = tuple[int, ...]
Chances = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Draws:
    """Random draws for a history, made once and shared by every set of its events and every candidate.

    Attributes
    ----------
    present : (M, L) float64
        Uniform on 0 to 1: events below a limit are left out of a sub-history.
    items : (K, L) int32
        Catalogue row that each event is replaced by in each replacement; K is 0 where the catalogue holds nothing else.
    swapped : (K, L) float64
        Uniform on 0 to 1: events below a limit stay as they are in a replacement.
    """

    present: Chances
    items: ItemArray
    swapped: Chances


@dataclass(frozen=True, eq=False)
class PlannedTrials:
    """Rows of a case's `Edits` that are the trials of one set of events.

    Attributes
    ----------
    with_set, without_set : (n,) int64
        Rows of `Edits.left`: the same n distinct sub-histories with what they hold of the set, and without it.
    replaced : slice
        Rows of `Edits.items`: the whole history with events of the set replaced.
    """

    with_set: IntArray
    without_set: IntArray
    replaced: slice


def draw(case: Case, catalogue: Catalogue, sub_histories: int, replacements: int) -> Draws:
    """Draw sub-histories and replacements; the seed depends on the history alone.

    Parameters
    ----------
    case : Case
    catalogue : Catalogue
    sub_histories, replacements : int
        How many of each; of replacements no more than there are titles that the history does not hold.

    Returns
    -------
    Draws
    """
    items = case.history.items
    rng = np.random.default_rng([DRAW_SEED, *items.tolist()])
    present = rng.random((sub_histories, len(items)))
    other = ~catalogue.neutral
    other[items] = False
    other[case.candidate] = False
    pool = np.flatnonzero(other)
    number = min(replacements, len(pool))
    columns = [rng.choice(pool, number, replace=False) for _ in items]
    return Draws(present, np.stack(columns, axis=1).astype(items.dtype), rng.random((number, len(items))))


def plan(case: Case, draws: Draws, sets: list[Positions], left_out: float) -> tuple[Edits, list[PlannedTrials]]:
    """Plan the edits that try these sets, each distinct one once, and list the trials of each set.

    Parameters
    ----------
    case : Case
    draws : Draws
    sets : list of tuple of int
        At least one.
    left_out : float
        Chance of each event to be left out of a sub-history, and of an event of the set to stay in a replacement; at
        least one event of the set is always removed or replaced.

    Returns
    -------
    (Edits, list of PlannedTrials)

    Notes
    -----
    Events of the set take part in the draw too: with padding around one event that matters, a set would otherwise
    pass whenever that event does. The whole history is no trial, since that is how the effect was measured.
    """
    left: list[Masks] = []
    items: list[ItemArray] = []
    for positions in sets:
        in_set = np.zeros(len(case.history), bool)
        in_set[list(positions)] = True
        present = np.unique(_part_of(in_set, draws.present, left_out) | (~in_set & (draws.present >= left_out)), axis=0)
        present = present[~present.all(1)]
        left += [present, present & ~in_set]
        items.append(np.where(_part_of(in_set, draws.swapped, left_out), draws.items, case.history.items))
    distinct, rows = np.unique(np.concatenate(left), axis=0, return_inverse=True)
    by_mask = np.split(rows.reshape(-1), np.cumsum([len(masks) for masks in left])[:-1])
    ends = np.cumsum([len(replaced) for replaced in items]).tolist()
    trials = [
        PlannedTrials(by_mask[2 * number], by_mask[2 * number + 1], slice(start, end))
        for number, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
    ]
    return Edits(distinct, np.concatenate(items)), trials


def _part_of(in_set: npt.NDArray[np.bool_], chance: Chances, limit: float) -> Masks:
    """(n, L) the random part of a set (L,) in each draw; its event with the largest chance is always in it."""
    of_set = np.where(in_set, chance, -1.0)
    return in_set & ((of_set >= limit) | (of_set == of_set.max(1, keepdims=True, initial=-1.0)))
