"""When no reason holds: what is known instead, each by a stated test and never a phrase that fits everything."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.explain.checks import CaseChecks, Check
from streamrec_core.explain.record import Explanation

FindingKind = Literal["too short", "almost everyone", "unsure", "many a little", "nothing stands out"]


class NothingSettings(Settings):
    """The tests.

    Attributes
    ----------
    first
        almost everyone: the title is among so many first ones with an empty history too,
    times_even
        and has so many times an even share of the probability then (else its rank says nothing).
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
    """One thing that is known where no reason holds, with the figures of its test.

    Attributes
    ----------
    kind : str
        too short: no reason could be tested, since too few other sets of events exist;
        almost everyone: the title is among the first with an empty history too;
        unsure: the first ten recommendations have little probability;
        many a little: all events together matter, no single one does;
        nothing stands out: none of these, and no reason had more effect than others of its size.
    figures : dict of str to float
        What the sentence names: ranks, probabilities, counts.
    """

    kind: FindingKind
    figures: dict[str, float]


def findings(
    found: Explanation, checks: CaseChecks, singles: tuple[float, ...], settings: NothingSettings | None = None
) -> tuple[Finding, ...]:
    """What is known of a recommendation for which no reason holds, at least one thing.

    Parameters
    ----------
    singles : tuple of float
        Fall of the candidate's log-probability without each event that is not neutral, in nats.
    """
    chosen = settings or NothingSettings()
    tests = (
        _too_short(checks.checks, len(singles)),
        _almost_everyone(checks, chosen),
        _unsure(found, chosen),
        _many_a_little(checks.empty, singles, chosen),
    )
    known = tuple(finding for finding in tests if finding is not None)
    return known or (Finding("nothing stands out", {"count": len(checks.checks)}),)


def _too_short(checks: tuple[Check, ...], titles: int) -> Finding | None:
    untested = all(one.verdict == "untestable" for one in checks)
    return Finding("too short", {"count": titles}) if untested else None


def _almost_everyone(checks: CaseChecks, settings: NothingSettings) -> Finding | None:
    empty = checks.empty
    even = 1 / max(checks.recommendable, 1)
    if empty.rank_after > settings.first or empty.probability_after < settings.times_even * even:
        return None
    return Finding("almost everyone", {"rank": empty.rank_after, "first": settings.first})


def _unsure(found: Explanation, settings: NothingSettings) -> Finding | None:
    share = sum(item.probability for item in found.recommendations)
    if share >= settings.unsure_share:
        return None
    return Finding("unsure", {"share": share})


def _many_a_little(empty: Check, singles: tuple[float, ...], settings: NothingSettings) -> Finding | None:
    largest = max(singles, default=0.0)
    if empty.effect < settings.together or largest >= settings.alone * empty.effect:
        return None
    return Finding(
        "many a little",
        {"largest": largest, "p_largest": empty.probability_before * exp(-largest), "together": empty.effect},
    )
