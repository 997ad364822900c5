"""Results of a study in sentences that claim no more than the tests show."""

from __future__ import annotations

from streamrec_core.data.shown_number import shown_number
from streamrec_core.study.arms import ARMS
from streamrec_core.study.paired import ALPHA
from streamrec_core.study.results_record import ArmComparison, OutcomeName, OutcomeSummary, Results

POINTS = {
    "trust": (1.0, ".2f", "points on the scale of 1 to 5"),
    "understanding": (100.0, ".0f", "answers in a hundred"),
}
"""By outcome: what a difference is multiplied by, how it is written, and its unit."""


def arm_label(arm: str) -> str:
    """Return the name of an arm for people; an arm that this version no longer has keeps its own."""
    return ARMS[arm].label if arm in ARMS else arm


def finding(name: OutcomeName, pair: ArmComparison) -> str:
    """Write one sentence on two arms; it claims a difference where the signed-rank test finds one after Holm.

    Parameters
    ----------
    name : str
        trust or understanding.
    pair : ArmComparison

    Returns
    -------
    str
    """
    first, second = arm_label(pair.first), arm_label(pair.second)
    if pair.test is None:
        return f"{first} and {second} cannot be compared: too few raters met both on the same cases."
    scale, spec, unit = POINTS[name]
    claimed, falls = _claimed(pair), pair.test.difference < 0
    sign = -scale if claimed and falls else scale  # "less, by 0.50" has no minus sign, nor has its interval
    low, high = (shown_number(bound, spec) for bound in sorted(sign * bound for bound in pair.test.interval))
    difference = shown_number(sign * pair.test.difference, spec)
    figures = f"{difference} {unit}, 95% CI {low} to {high}; signed-rank test after Holm: {p_words(pair.w_holm)}"
    if not claimed:
        return (
            f"No difference in {name} was found between {first} and {second} ({figures}). "
            "That does not show that there is none."
        )
    more = "less" if falls else "more"
    if name == "trust":
        return f"{first} was trusted {more} than {second} (by {figures})."
    return f"With {first}, readers predicted the system correctly {more} often than with {second} (by {figures})."


def findings(outcome: OutcomeSummary) -> tuple[str, ...]:
    """Write what may be said of an outcome: each difference, then in one sentence the pairs without one."""
    nothing = [pair for pair in outcome.comparisons if pair.test is not None and not _claimed(pair)]
    if len(nothing) < 2:
        return tuple(finding(outcome.name, pair) for pair in outcome.comparisons)
    if len(nothing) == len(outcome.comparisons):
        return (
            f"No two kinds differ clearly in {outcome.name}. That does not show that they are equal; the figures are "
            "in the paired tests.",
        )
    names = "; ".join(f"{arm_label(pair.first)} and {arm_label(pair.second)}" for pair in nothing)
    return (
        *(finding(outcome.name, pair) for pair in outcome.comparisons if pair not in nothing),
        f"No difference in {outcome.name} was found between: {names}. That does not show that there is none; the "
        "figures are in the paired tests.",
    )


def _claimed(pair: ArmComparison) -> bool:
    """Tell whether the signed-rank test finds a difference after Holm."""
    return pair.w_holm is not None and pair.w_holm < ALPHA


def p_words(p: float | None) -> str:
    """Write a p value, or that there is nothing to test.

    Examples
    --------
    >>> p_words(0.0312), p_words(0.0002)
    ('p = 0.031', 'p < 0.001')
    """
    if p is None:
        return "not testable, since nobody's answers differ"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def agreement_words(study_results: Results) -> str:
    """Rate Krippendorff's alpha by his thresholds (Krippendorff 2004: .800, and .667 for tentative conclusions)."""
    alpha = study_results.agreement
    if alpha is None:
        return "Agreement between raters cannot be measured: all ratings are equal, or no task has two ratings."
    if alpha >= 0.8:
        level = "high enough to rely on"
    elif alpha >= 0.667:
        level = "high enough for tentative conclusions only"
    else:
        level = "low: people use the scale differently, so compare only differences within a person"
    return f"Agreement between raters on trust (Krippendorff's alpha, ordinal): {alpha:.2f}, {level}."
