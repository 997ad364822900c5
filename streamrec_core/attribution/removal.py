"""Removal of events (occlusion, Zeiler and Fergus 2014; leave-one-out for single events): what a candidate loses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np

from streamrec_core.attribution.candidate_scores import CandidateScores, RemovalMode, Values, score_variants
from streamrec_core.attribution.case import Case, check_cases
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.errors import BadInput
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Removal:
    """What removing each of n sets of events does to a candidate.

    Attributes
    ----------
    how : str
        drop or mask.
    sets : tuple of tuple of int
        Positions of the history that were removed together.
    value : float
        What is explained, with the whole history, in nats: the candidate's log-probability or, for a case with
        `foil`, its log-odds.
    log_probability, rank
        Of the candidate with the whole history.
    effect : (n,) float64
        Drop of `value`, in nats; negative where it rises.
    ranks, top : (n,) int64
        The candidate's rank, and the first recommendation, without each set.
    list_effect : (n,) float64
        Mean drop of the log-probability of the other titles of the list, in nats; 0 where the case has none.
    """

    how: RemovalMode
    sets: tuple[tuple[int, ...], ...]
    value: float
    log_probability: float
    rank: int
    effect: Values
    ranks: IntArray
    top: IntArray
    list_effect: Values = field(default_factory=lambda: np.zeros(0))

    def first(self, number: int) -> Removal:
        """The same for the first sets alone."""
        part = slice(number)
        names = ("sets", "effect", "ranks", "top", "list_effect")
        return replace(self, **{name: getattr(self, name)[part] for name in names})


def remove_each(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], how: RemovalMode = "drop"
) -> list[Removal]:
    """Remove every event by itself (leave-one-out), all cases in few forward passes.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
    how : str
        drop or mask.

    Returns
    -------
    list of Removal
        One a case, whose `effect` has one value an event.

    Raises
    ------
    BadInput
        As `remove`.
    """
    return remove(
        model, catalogue, [(case, [(position,) for position in range(len(case.history))]) for case in cases], how
    )


def remove(
    model: SessionModel,
    catalogue: Catalogue,
    sets_of_cases: Sequence[tuple[Case, Sequence[tuple[int, ...]]]],
    how: RemovalMode = "drop",
) -> list[Removal]:
    """Remove sets of events from histories.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    sets_of_cases : sequence of (Case, sequence of tuple of int)
        Cases, each with the sets of positions to remove.
    how : str
        drop: the event is gone and positions close up; mask: its position stays, empty.

    Returns
    -------
    list of Removal
        One a case.

    Notes
    -----
    Where a set holds the whole history it is masked in place, since no model predicts from nothing.

    Raises
    ------
    BadInput
        `how` is unknown, a position lies outside its history, or a candidate cannot be recommended.
    """
    if how not in get_args(RemovalMode):
        raise BadInput(f"unknown removal {how!r}; choose drop or mask")
    check_cases([case for case, _ in sets_of_cases], catalogue)
    for case, sets in sets_of_cases:
        if outside := {at for positions in sets for at in positions} - set(range(len(case.history))):
            raise BadInput(f"no event {min(outside)} in a history of {len(case.history)}; positions count from 0")
    variants = [
        (case, positions, how)
        for case, sets in sets_of_cases
        for positions in ((), *sets)  # first the whole history
    ]
    scored = score_variants(model, catalogue, variants)
    removals, start = [], 0
    for _, sets in sets_of_cases:
        removals.append(_removal(scored, start, sets, how))
        start += 1 + len(sets)
    return removals


def _removal(scored: CandidateScores, start: int, sets: Sequence[tuple[int, ...]], how: RemovalMode) -> Removal:
    """The removal of a case whose whole history is the row `start` and whose sets are the rows after it."""
    rows = slice(start + 1, start + 1 + len(sets))
    whole = float(scored.value[start])
    return Removal(
        how=how,
        sets=tuple(tuple(positions) for positions in sets),
        value=whole,
        log_probability=float(scored.log_probability[start]),
        rank=int(scored.rank[start]),
        effect=whole - scored.value[rows],
        ranks=scored.rank[rows],
        top=scored.top[rows],
        list_effect=scored.list_log_probability[start] - scored.list_log_probability[rows],
    )
