"""Check reasons by running the model without them: direction, size, specificity, random sub-histories, replacements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp

from streamrec_core.attribution.candidate_scores import CandidateScores
from streamrec_core.attribution.case import Case
from streamrec_core.attribution.edits import score_edits
from streamrec_core.attribution.removal import Removal, remove
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.evaluation.significance import holm, sign_test
from streamrec_core.explain.check_record import CaseChecks, Check, CheckSettings, SetEffect, Trials, Verdict
from streamrec_core.explain.random_edits import PlannedTrials, Positions, draw, plan
from streamrec_core.models.protocol import SessionModel

ROUNDING = 1e-4
"""Nats from which on a title is lower in a trial: the same history in another batch differs by up to 1e-5."""


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
