"""Explanations without a confirmed reason: what is known instead, each finding by its own test."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from streamrec_core.attribution.removal import Removal
from streamrec_core.config import Settings
from streamrec_core.explain.check_record import CaseChecks, SetEffect
from streamrec_core.explain.record import Explanation

Flags = npt.NDArray[np.bool_]
FindingKind = Literal[
    "almost everyone",
    "unsure",
    "many a little",
    "nothing stands out",
    "not listed",
    "speaks for",
    "speaks against",
    "nothing moves it",
]


class NoReasonSettings(Settings):
    """Thresholds of the findings.

    Attributes
    ----------
    first
        almost everyone: the title is among so many first ones with an empty history too,
    times_even
        and has so many times a uniform share of the probability then (else its rank says nothing).
    unsure_share
        unsure: the first ten recommendations have less than this share of all probability.
    together
        many a little: nats that an empty history must cost the title,
    alone
        while no single event costs this share of them.
    """

    first: int = Field(10, ge=1)
    times_even: float = Field(2.0, ge=1)
    unsure_share: float = Field(0.2, gt=0, lt=1)
    together: float = Field(0.5, gt=0)
    alone: float = Field(0.25, gt=0, le=1)


@dataclass(frozen=True)
class Finding:
    """One finding where no reason is confirmed, with the figures of its test.

    Attributes
    ----------
    kind : str
        almost everyone: the title is among the first with an empty history too;
        unsure: the first ten recommendations have little probability;
        many a little: all events together matter, no single one does;
        nothing stands out: none of these, and no reason passed all tests;
        not listed: the title is not on the list, so that nothing is a reason for it; then
        speaks for, speaks against: the event whose removal lowers it most, and the one whose removal raises it most;
        nothing moves it: no single event does either.
    figures : dict of str to float
        Ranks, probabilities and counts of the sentence.
    positions : tuple of int
        The event that it names.
    """

    kind: FindingKind
    figures: dict[str, float]
    positions: tuple[int, ...] = ()


def findings(
    explanation: Explanation, checks: CaseChecks, singles: tuple[float, ...], settings: NoReasonSettings | None = None
) -> tuple[Finding, ...]:
    """Find what is known of a recommendation without a confirmed reason; at least one finding.

    Parameters
    ----------
    explanation : Explanation
    checks : CaseChecks
    singles : tuple of float
        Fall of the candidate's log-probability without each event that is not neutral, in nats.
    settings : NoReasonSettings or None

    Returns
    -------
    tuple of Finding
    """
    limits = settings or NoReasonSettings()
    tests = (
        _almost_everyone(checks, limits),
        _unsure(explanation, limits),
        _many_a_little(checks.empty, singles, limits),
    )
    passed = tuple(finding for finding in tests if finding is not None)
    return passed or (Finding("nothing stands out", {"count": len(checks.checks)}),)


def for_and_against(removal: Removal, content: Flags, list_length: int, least: float) -> tuple[Finding, ...]:
    """Find the single events that speak most for and against a title that is not on the list, by removal.

    Parameters
    ----------
    removal : Removal
    content : (L,) bool
        Which events are not neutral.
    list_length : int
        Titles of the list.
    least : float
        Nats that an event must move the title by to be named.

    Returns
    -------
    tuple of Finding
        `not listed` first.
    """
    sides: tuple[tuple[FindingKind, int], ...] = (("speaks for", 1), ("speaks against", -1))
    named = []
    for kind, sign in sides:
        effects = np.where(content, sign * removal.effect, -np.inf)
        position = int(np.argmax(effects))
        if effects[position] >= least:
            effect = float(removal.effect[position])
            figures = {
                "rank": removal.rank,
                "rank_without": int(removal.ranks[position]),
                "effect": effect,
                "probability": exp(removal.log_probability),
                "probability_without": exp(removal.log_probability - effect),
            }
            named.append(Finding(kind, figures, (position,)))
    lead = Finding("not listed", {"rank": removal.rank, "first": list_length})
    return (lead, *(named or [Finding("nothing moves it", {})]))


def _almost_everyone(checks: CaseChecks, settings: NoReasonSettings) -> Finding | None:
    empty = checks.empty
    even = 1 / max(checks.recommendable, 1)
    if empty.rank_after > settings.first or empty.probability_after < settings.times_even * even:
        return None
    return Finding("almost everyone", {"rank": empty.rank_after, "first": settings.first})


def _unsure(explanation: Explanation, settings: NoReasonSettings) -> Finding | None:
    share = sum(item.probability for item in explanation.recommendations)
    if share >= settings.unsure_share:
        return None
    return Finding("unsure", {"share": share})


def _many_a_little(empty: SetEffect, singles: tuple[float, ...], settings: NoReasonSettings) -> Finding | None:
    largest = max(singles, default=0.0)
    if empty.effect < settings.together or largest >= settings.alone * empty.effect:
        return None
    return Finding(
        "many a little",
        {"largest": largest, "p_largest": empty.probability_before * exp(-largest), "together": empty.effect},
    )
