"""Results of a study: means with intervals, paired tests, inter-rater agreement, raters needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from streamrec_core.evaluation.significance import holm
from streamrec_core.study.agreement import krippendorff_alpha
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.paired import ALPHA, PairedTest, Values, bootstrap_interval, paired_test, raters_needed
from streamrec_core.study.results_record import (
    LEAST_RATERS,
    ArmComparison,
    ArmMean,
    FinishedResponse,
    OutcomeName,
    OutcomeSummary,
    Results,
)
from streamrec_core.study.store import card_and_cases, read_study, reading

STATED_EFFECTS = (0.2, 0.5, 0.8)
"""Cohen's small, medium and large, for planning before there is a result."""


def results(name: str) -> Results:
    """Compute the results of a study from all finished tasks of raters who count.

    Raises
    ------
    BadInput
        There is no study of this name.
    """
    card, cases = read_study(name)
    responses = counted(answered(name), card.arms)
    raters = len({response.rater for response in responses})
    enough = raters >= LEAST_RATERS
    return Results(
        card=card,
        raters=raters,
        answers=len(responses),
        enough=enough,
        outcomes=outcomes(responses, card.arms, cases) if enough else (),
        agreement=krippendorff_alpha(_trust_matrix(responses, card.arms, len(cases))) if enough else None,
        planning={str(effect): raters_needed(effect, first_step(len(card.arms))) for effect in STATED_EFFECTS},
    )


def answered(name: str) -> tuple[FinishedResponse, ...]:
    """Read every finished task of a rater whose code is not revoked."""
    with reading(name) as db:
        truths = {case.number: case.truth for case in card_and_cases(db, name)[1]}
        rows = db.execute(
            "SELECT rater, case_number, arm, place, trust, prediction, seconds FROM answers JOIN raters USING (rater)"
            " WHERE done AND NOT revoked ORDER BY rater, place"
        ).fetchall()
    return tuple(
        FinishedResponse(rater, case, arm, position, trust, prediction, float(prediction == truths[case]), seconds)
        for rater, case, arm, position, trust, prediction, seconds in rows
    )


def counted(responses: Sequence[FinishedResponse], arms: Sequence[str]) -> tuple[FinishedResponse, ...]:
    """Select the responses of raters who met every arm at least once, so that arms can be compared within them.

    Parameters
    ----------
    responses : sequence of FinishedResponse
    arms : sequence of str

    Returns
    -------
    tuple of FinishedResponse
    """
    met: dict[int, set[str]] = {}
    for response in responses:
        met.setdefault(response.rater, set()).add(response.arm)
    return tuple(response for response in responses if met[response.rater] == set(arms))


def outcomes(
    responses: Sequence[FinishedResponse], arms: Sequence[str], cases: Sequence[StudyCase]
) -> tuple[OutcomeSummary, ...]:
    """Summarise trust and understanding, each with its means and all pairs of arms.

    Parameters
    ----------
    responses : sequence of FinishedResponse
    arms : sequence of str
    cases : sequence of StudyCase

    Returns
    -------
    tuple of OutcomeSummary
    """
    names: tuple[OutcomeName, ...] = ("trust", "understanding")
    return tuple(
        OutcomeSummary(
            name,
            tuple(_estimate(responses, arm, name) for arm in arms),
            _comparisons(responses, arms, cases, name),
        )
        for name in names
    )


def rater_means(responses: Sequence[FinishedResponse], arm: str, name: OutcomeName) -> dict[int, float]:
    """Average each rater's responses under an arm.

    Parameters
    ----------
    responses : sequence of FinishedResponse
    arm : str
    name : str
        trust or understanding.

    Returns
    -------
    dict of int to float

    Examples
    --------
    >>> first = FinishedResponse(1, 0, "generic", 0, 3, "later", 1.0, None)
    >>> second = FinishedResponse(1, 1, "generic", 1, 5, "later", 0.0, None)
    >>> rater_means([first, second], "generic", "trust")
    {1: 4.0}
    """
    values: dict[int, list[float]] = {}
    for response in responses:
        if response.arm == arm:
            values.setdefault(response.rater, []).append(response.trust if name == "trust" else response.right)
    return {rater: float(np.mean(answers)) for rater, answers in values.items()}


def _estimate(responses: Sequence[FinishedResponse], arm: str, name: OutcomeName) -> ArmMean:
    means = rater_means(responses, arm, name)
    values = np.array(list(means.values()))
    answers = sum(response.arm == arm for response in responses)
    return ArmMean(arm, float(values.mean()), bootstrap_interval(values), len(values), answers)


def _comparisons(
    responses: Sequence[FinishedResponse], arms: Sequence[str], cases: Sequence[StudyCase], name: OutcomeName
) -> tuple[ArmComparison, ...]:
    """Compare every pair of arms, the later arm first: a positive difference is a gain over the simpler one."""
    pairs = [(second, first) for first, second in combinations(arms, 2)]
    tests = [_test(responses, first, second, cases, name) for first, second in pairs]
    t_holm = holm([test.t_p if test else None for test in tests])
    w_holm = holm([test.w_p if test else None for test in tests])
    return tuple(
        ArmComparison(
            first,
            second,
            test,
            t_holm=t_holm[index],
            w_holm=w_holm[index],
            needed=raters_needed(test.dz, first_step(len(arms))) if test and test.dz else None,
        )
        for index, ((first, second), test) in enumerate(zip(pairs, tests, strict=True))
    )


def _test(
    responses: Sequence[FinishedResponse], first: str, second: str, cases: Sequence[StudyCase], name: OutcomeName
) -> PairedTest | None:
    both = {case.number for case in cases if case.worded(first) and case.worded(second)}
    shared = [response for response in responses if response.case in both]
    first_means, second_means = rater_means(shared, first, name), rater_means(shared, second, name)
    raters = sorted(first_means.keys() & second_means.keys())
    if len(raters) < 2:
        return None
    return paired_test(_of(first_means, raters), _of(second_means, raters))


def _of(means: dict[int, float], raters: Sequence[int]) -> Values:
    return np.array([means[rater] for rater in raters])


def first_step(arms: int) -> float:
    """Return the level that the smallest p value must pass under Holm."""
    return ALPHA / (arms * (arms - 1) // 2)


def _trust_matrix(responses: Sequence[FinishedResponse], arms: Sequence[str], cases: int) -> Values:
    """Arrange trust as (raters, cases x arms), NaN where a rater did not see a case under an arm."""
    raters = sorted({response.rater for response in responses})
    matrix = np.full((len(raters), cases * len(arms)), np.nan)
    for response in responses:
        matrix[raters.index(response.rater), response.case * len(arms) + arms.index(response.arm)] = response.trust
    return matrix
