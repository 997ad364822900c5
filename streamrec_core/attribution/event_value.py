"""Event values: one signed number for each event, the least-squares fit to the effects of removing sets of events."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.case import Case
from streamrec_core.attribution.removal import Removal, remove
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.protocol import SessionModel

Values = npt.NDArray[np.float64]
Sets = list[tuple[int, ...]]
VALUE_METHOD = "weighted least squares over removals"
"""What `explain --json` names beside the numbers."""
DRAWS = 200
"""Random sets of events that are removed for one fit; each event is removed by itself as well."""
RIDGE = 1e-3
SEED = 20_261_126


def removal_sets(case: Case, draws: int = DRAWS, seed: int = SEED) -> Sets:
    """Sets of events to remove: each event alone, then random sets of two up to half the history.

    The size of a random set is drawn evenly. Sets depend on the history alone, so that every title is explained by
    the same removals. Where a history has no more such sets than `draws`, all of them are listed.

    Parameters
    ----------
    case : Case
    draws : int
        Random sets.
    seed : int

    Returns
    -------
    list of tuple of int
        Positions in the history.
    """
    length = len(case.history)
    sizes = range(2, length // 2 + 1)
    alone: Sets = [(position,) for position in range(length)]
    if sum(comb(length, size) for size in sizes) <= draws:
        return alone + [positions for size in sizes for positions in combinations(range(length), size)]
    rng = np.random.default_rng([seed, *case.history.items.tolist()])
    order = rng.random((draws, length)).argsort(1)
    drawn = rng.integers(2, length // 2 + 1, draws)
    return alone + [tuple(sorted(row[:size])) for row, size in zip(order.tolist(), drawn.tolist(), strict=True)]


def fitted_values(length: int, removal: Removal) -> Values:
    """Numbers whose sums over sets of events come nearest to the effects of removing the sets.

    Weighted least squares with a ridge of 0.001: a set of k events counts 1 / k**2, since what people ask is what a
    few events do. (Chosen on validation among powers 0 to 2.5; figures in BENCHMARKS.md.)

    Parameters
    ----------
    length : int
        Events of the history, L.
    removal : Removal
        Sets that were removed, and their effects in nats.

    Returns
    -------
    (L,) float64
        In nats.

    Notes
    -----
    This is not the Shapley value. A Shapley value divides the difference between the whole history and an empty one;
    these numbers foresee what small edits of the whole history do, which is what people try.
    """
    sizes = np.array([len(positions) for positions in removal.sets])
    design: Values = np.zeros((len(sizes), length))
    design[np.repeat(np.arange(len(sizes)), sizes), [at for positions in removal.sets for at in positions]] = 1.0
    weighted = (design.T / sizes**2).T
    values: Values = np.linalg.solve(weighted.T @ design + RIDGE * np.eye(length), weighted.T @ removal.effect)
    return values


def event_values(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], draws: int = DRAWS, seed: int = SEED
) -> list[Values]:
    """Signed number of each event, fitted to removals: positive speaks for the candidate.

    Parameters
    ----------
    model : SessionModel
        Any model; an additive one needs no new pass through its nets.
    catalogue : Catalogue
    cases : sequence of Case
    draws, seed : int
        Random sets a case, see `removal_sets`.

    Returns
    -------
    list of (L,) float64
        In nats, one array a case.

    Raises
    ------
    BadInput
        A history is empty, or a candidate cannot be recommended.

    Examples
    --------
    The category rule depends on the last event alone, so that the others are worth nothing.

    >>> from streamrec_core.data.log import Session
    >>> from streamrec_core.models.popularity import CategoryRule
    >>> categories = np.array([0, 1, 1])
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), categories, ("drama", "news"), np.zeros(3, bool))
    >>> history = Session("s0", np.array([0, 1], np.int32), np.zeros(2, np.int8))
    >>> case = Case(history, candidate=2, excluded=np.zeros(0, np.int64))
    >>> (values,) = event_values(CategoryRule(catalogue, np.ones(3)), catalogue, [case])
    >>> bool(values[1] > 0.5 > abs(values[0]))
    True
    """
    removals = remove(model, catalogue, [(case, removal_sets(case, draws, seed)) for case in cases])
    return [fitted_values(len(case.history), removal) for case, removal in zip(cases, removals, strict=True)]
