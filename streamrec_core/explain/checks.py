"""Check reasons by running the model without them: direction, size, specificity, random sub-histories, replacements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Literal

from pydantic import Field

from streamrec_core.attribution.candidate_scores import CandidateScores
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.edits import score_edits
from streamrec_core.attribution.removal import Removal, remove
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.defaults import LEAST_SHARE
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.evaluation.significance import holm, sign_test
from streamrec_core.explain.random_edits import PlannedTrials, Positions, draw, plan
from streamrec_core.models.protocol import SessionModel

Verdict = Literal[
    "holds",
    "speaks against",
    "too little",
    "not about this title",
    "depends on the rest",
    "not under replacement",
    "chance",
    "not on the list",
]
ROUNDING = 1e-4
"""Nats from which on a title is lower in a trial: the same history in another batch differs by up to 1e-5."""


class CheckSettings(Settings):
    """Thresholds for confirming a reason.

    Attributes
    ----------
    list_length
        Titles of the list that a person sees.
    listed_only
        Whether only reasons for a title of the list are confirmed; benchmarks turn it off.
    least_fall, least_share
        What a person would notice, besides a title that leaves the list: it falls by so many ranks in it, or loses
        this share of its probability.
    least_effect
        Nats from which events count as speaking against a title or, where no reason is given, for it; 0.05 is about a
        twentieth of its probability.
    beyond_list
        Nats by which it must lose more than the other titles of the list do on average.
    sub_histories, left_out
        Random sub-histories a session, and the chance of each event to be left out of one.
    least_sub_histories
        Share of the distinct ones in which removing what is there of the reason must lower the title.
    replacements
        Times that events of the reason are replaced by others drawn from the catalogue.
    least_replacements
        Share of these that must lower the title.
    alpha
        Limit of the sign test's p value over all these trials, corrected for every set tested in the session (Holm
        1979).
    """

    list_length: int = Field(TOP, ge=2, le=TOP)
    listed_only: bool = True
    least_fall: int = Field(3, ge=1)
    least_share: float = Field(LEAST_SHARE, gt=0, lt=1)
    least_effect: float = Field(0.05, ge=0)
    beyond_list: float = Field(0.0, ge=0)
    sub_histories: int = Field(16, ge=1, le=1_000)
    left_out: float = Field(0.5, gt=0, lt=1)
    least_sub_histories: float = Field(0.95, ge=0, le=1)
    replacements: int = Field(10, ge=1, le=1_000)
    least_replacements: float = Field(0.9, ge=0, le=1)
    alpha: float = Field(0.05, gt=0, lt=1)


@dataclass(frozen=True)
class SetEffect:
    """Effect of removing one set of events.

    Attributes
    ----------
    effect : float
        Fall of the candidate's log-probability, in nats; negative where it rises.
    list_effect : float
        Mean fall of the log-probability of the other titles of the list.
    rank_before, rank_after : int
        The candidate's rank with the whole history, and without the set.
    probability_before, probability_after : float
    first_without : int
        Catalogue row of the first recommendation without the set.
    """

    positions: Positions
    effect: float
    list_effect: float
    rank_before: int
    rank_after: int
    probability_before: float
    probability_after: float
    first_without: int


@dataclass(frozen=True)
class Trials:
    """How often removing a set lowered the title under random edits of the history.

    Attributes
    ----------
    sub_histories_lower, sub_histories : int
        Of the distinct sub-histories; none where the set is the whole history.
    replacements_lower, replacements : int
        Of the replacements.
    p_value, p_holm : float
        Of the sign test over both, by itself and corrected for all sets tested in the session.
    """

    sub_histories_lower: int
    sub_histories: int
    replacements_lower: int
    replacements: int
    p_value: float = 1.0
    p_holm: float = 1.0


@dataclass(frozen=True)
class Check(SetEffect):
    """Effect of removing one set of events, and whether that confirms it as a reason.

    Attributes
    ----------
    trials : Trials or None
        None where the set had failed before: it is not tried further, and counts among the sets tested with p = 1.
    sets : int
        Sets tested in this session, this one included.
    verdict : str
        holds: confirmed; speaks against: without it the candidate is likelier; too little: nobody would notice; not
        about this title: the rest of the list loses as much; depends on the rest: it fails in sub-histories; not under
        replacement; chance; not on the list: every test passed, but nothing is recommended because of it.
    """

    trials: Trials | None = None
    sets: int = 1
    verdict: Verdict = "too little"

    @property
    def confirmed(self) -> bool:
        """Whether it may enter a verified sentence."""
        return self.verdict == "holds"


@dataclass(frozen=True, eq=False)
class CaseChecks:
    """The checks of one case.

    Attributes
    ----------
    checks : tuple of Check
        In the order of the sets in the request.
    empty : SetEffect
        Without any history (masked in place).
    recommendable : int
        Items that can be recommended.
    """

    checks: tuple[Check, ...]
    empty: SetEffect
    recommendable: int


def check(
    model: SessionModel,
    catalogue: Catalogue,
    requests: Sequence[tuple[Case, Sequence[Positions]]],
    settings: CheckSettings | None = None,
) -> list[CaseChecks]:
    """Check sets of positions of many cases, in two batched runs: every set removed, then trials of those left.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    requests : sequence of (Case, sequence of tuple of int)
        Cases, whose `listed` names the other titles of the list, each with the sets of positions to check.
    settings : CheckSettings or None

    Returns
    -------
    list of CaseChecks
        One a case.

    Raises
    ------
    BadInput
        A position lies outside its history.
    """
    limits = settings or CheckSettings()
    removed_sets = [(case, [tuple(range(len(case.history))), *sets]) for case, sets in requests]
    removals = remove(model, catalogue, removed_sets)
    effects = [[_effect(removal, at) for at in range(len(removal.sets))] for removal in removals]
    passing = [
        (case, [effect.positions for effect in of_case[1:] if first_verdict(effect, limits) == "holds"], removal.value)
        for (case, _), of_case, removal in zip(requests, effects, removals, strict=True)
    ]
    tried = _try_all(model, catalogue, passing, limits)
    content = ~catalogue.neutral
    return [
        CaseChecks(
            checks=_judged(of_case[1:], trials, limits),
            empty=of_case[0],
            recommendable=int(content.sum() - content[case.excluded].sum()),
        )
        for (case, _), of_case, trials in zip(requests, effects, tried, strict=True)
    ]


def _effect(removal: Removal, at: int) -> SetEffect:
    effect = float(removal.effect[at])
    return SetEffect(
        positions=removal.sets[at],
        effect=effect,
        list_effect=float(removal.list_effect[at]),
        rank_before=removal.rank,
        rank_after=int(removal.ranks[at]),
        probability_before=exp(removal.log_probability),
        probability_after=exp(removal.log_probability - effect),
        first_without=int(removal.top[at]),
    )


def _try_all(
    model: SessionModel,
    catalogue: Catalogue,
    passing: Sequence[tuple[Case, list[Positions], float]],
    settings: CheckSettings,
) -> list[dict[Positions, Trials]]:
    """Try sets of many cases under random edits, all in one run; each case has the score of its whole history."""
    planned = {}
    for number, (case, sets, _) in enumerate(passing):
        if sets:
            draws = draw(case, catalogue, settings.sub_histories, settings.replacements)
            planned[number] = plan(case, draws, sets, settings.left_out)
    edited = [(passing[number][0], edits) for number, (edits, _) in planned.items()]
    standings = score_edits(model, catalogue, edited) if edited else []
    tried: list[dict[Positions, Trials]] = [{} for _ in passing]
    for (number, (_, plans)), standing in zip(planned.items(), standings, strict=True):
        _, sets, whole = passing[number]
        for positions, trials in zip(sets, plans, strict=True):
            tried[number][positions] = _count(trials, standing, whole)
    return tried


def _count(plan_of_set: PlannedTrials, standing: tuple[CandidateScores, CandidateScores], whole: float) -> Trials:
    """Count trials in which the title is lower without the set, and with other items in place of the set."""
    shortened, replaced = (part.value for part in standing)
    falls = shortened[plan_of_set.with_set] - shortened[plan_of_set.without_set]
    lower = whole - replaced[plan_of_set.replaced]
    return Trials(int((falls > ROUNDING).sum()), len(falls), int((lower > ROUNDING).sum()), len(lower))


def _judged(effects: Sequence[SetEffect], tried: dict[Positions, Trials], settings: CheckSettings) -> tuple[Check, ...]:
    """Decide the verdict of every set; sets that were not tried count among the sets tested with p = 1."""
    trials = [tried.get(effect.positions, Trials(0, 0, 0, 0)) for effect in effects]
    successes = [count.sub_histories_lower + count.replacements_lower for count in trials]
    p_values = sign_test(successes, [count.sub_histories + count.replacements for count in trials]).tolist()
    checks = []
    for effect, count, p_value, p_holm in zip(effects, trials, p_values, holm(p_values), strict=True):
        corrected = replace(count, p_value=p_value, p_holm=p_holm or 0.0) if effect.positions in tried else None
        checks.append(
            Check(**vars(effect), trials=corrected, sets=len(effects), verdict=verdict(effect, corrected, settings))
        )
    return tuple(checks)


def first_verdict(removed: SetEffect, settings: CheckSettings) -> Verdict:
    """Decide what the removal alone shows; `holds` where the set is worth trying under random edits.

    Parameters
    ----------
    removed : SetEffect
    settings : CheckSettings

    Returns
    -------
    str
        holds, speaks against, too little, or not about this title.
    """
    if removed.effect < -max(settings.least_effect, ROUNDING):
        return "speaks against"
    if not noticed(removed, settings):
        return "too little"
    beyond = removed.effect - removed.list_effect
    return "holds" if beyond > ROUNDING and beyond >= settings.beyond_list else "not about this title"


def noticed(removed: SetEffect, settings: CheckSettings) -> bool:
    """Tell whether a person would notice: the title leaves the list, falls in it, or loses much of its probability.

    Parameters
    ----------
    removed : SetEffect
    settings : CheckSettings

    Returns
    -------
    bool
    """
    if removed.effect <= ROUNDING:
        return False
    if 1 - exp(-removed.effect) >= settings.least_share:
        return True
    fall = removed.rank_after - removed.rank_before
    listed, leaves = removed.rank_before <= settings.list_length, removed.rank_after > settings.list_length
    return listed and (leaves or fall >= settings.least_fall)


def verdict(removed: SetEffect, trials: Trials | None, settings: CheckSettings) -> Verdict:
    """Decide what the removal and, where the set was tried under random edits, these trials show.

    Parameters
    ----------
    removed : SetEffect
    trials : Trials or None
    settings : CheckSettings

    Returns
    -------
    str
        See `Check.verdict`.

    Examples
    --------
    >>> fell = SetEffect((3,), effect=1.2, list_effect=0.1, rank_before=1, rank_after=7,
    ...                  probability_before=0.30, probability_after=0.09, first_without=5)
    >>> verdict(fell, Trials(16, 16, 10, 10, p_value=1e-8, p_holm=1e-8), CheckSettings())
    'holds'
    >>> verdict(fell, Trials(9, 16, 10, 10, p_value=0.003, p_holm=0.003), CheckSettings())
    'depends on the rest'
    """
    first = first_verdict(removed, settings)
    if trials is None or first != "holds":
        return first
    if _fewer(trials.sub_histories_lower, settings.least_sub_histories, trials.sub_histories):
        return "depends on the rest"
    if _fewer(trials.replacements_lower, settings.least_replacements, trials.replacements):
        return "not under replacement"
    if trials.p_holm > settings.alpha:
        return "chance"
    listed = removed.rank_before <= settings.list_length or not settings.listed_only
    return "holds" if listed else "not on the list"


def _fewer(count: int, share: float, tries: int) -> bool:
    """Tell whether a count is below a share of the tries, the rounding of their product (.55 * 20 > 11) aside."""
    return count < share * tries - 1e-9
