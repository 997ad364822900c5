"""Sentences on study results: a difference is claimed only where the test finds it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamrec_core.study.paired import PairedTest
from streamrec_core.study.results_record import ArmComparison, OutcomeSummary, Results
from streamrec_core.study.words import agreement_words, finding, findings

TEST = PairedTest(10, 0.5, (0.1, 0.9), 2.6, 0.03, 5.0, 0.02, 0.8, 0.7)
PAIR = ArmComparison("first pass", "generic", TEST, t_holm=0.03, w_holm=0.02, needed=15)


def test_a_difference_is_stated_with_its_direction() -> None:
    assert finding("trust", PAIR) == (
        "First look was trusted more than Generic (by 0.50 points on the scale of 1 to 5, 95% CI 0.10 to 0.90; "
        "signed-rank test after Holm: p = 0.020)."
    )
    less = replace(PAIR, test=replace(TEST, difference=-0.5, interval=(-0.9, -0.1)))
    assert finding("trust", less).startswith("First look was trusted less than Generic (by 0.50 points")
    assert "CI 0.10 to 0.90" in finding("trust", less)


def test_understanding_is_stated_in_answers_of_a_hundred() -> None:
    assert finding("understanding", PAIR) == (
        "With First look, readers predicted the system correctly more often than with Generic (by 50 answers in a "
        "hundred, 95% CI 10 to 90; signed-rank test after Holm: p = 0.020)."
    )


@pytest.mark.parametrize("p", [0.05, 0.4, None])
def test_no_difference_is_claimed_without_a_significant_test(p: float | None) -> None:
    sentence = finding("trust", replace(PAIR, w_holm=p))
    assert sentence.startswith("No difference in trust was found between First look and Generic (0.50 points")
    assert sentence.endswith("That does not show that there is none.")
    unclear = replace(PAIR, test=replace(TEST, difference=-0.2, interval=(-0.9, 0.5)), w_holm=p)
    assert "(−0.20 points on the scale of 1 to 5, 95% CI −0.90 to 0.50;" in finding("trust", unclear)


def test_arms_that_nobody_met_together_cannot_be_compared() -> None:
    assert "cannot be compared" in finding("trust", ArmComparison("first pass", "generic", None))


def test_of_many_pairs_those_without_a_difference_share_one_sentence() -> None:
    pairs = (
        PAIR,
        replace(PAIR, first="verified", w_holm=0.3),
        ArmComparison("counterfactual", "generic", None),
        replace(PAIR, first="counterfactual", second="verified", w_holm=None),
    )
    difference, unmet, nothing = findings(OutcomeSummary("trust", (), pairs))
    assert (difference, unmet) == (finding("trust", PAIR), finding("trust", pairs[2]))
    assert nothing.startswith(
        "No difference in trust was found between: Verified and Generic; Counterfactual and Verified. "
        "That does not show that there is none"
    )
    assert findings(OutcomeSummary("trust", (), pairs[:2])) == (difference, finding("trust", pairs[1]))


def test_where_no_pair_differs_one_short_sentence_says_so() -> None:
    pairs = tuple(replace(PAIR, first=arm, w_holm=0.3) for arm in ("first pass", "verified", "counterfactual"))
    (sentence,) = findings(OutcomeSummary("trust", (), pairs))
    assert sentence.startswith("No two kinds differ clearly in trust. That does not show that they are equal")


def test_an_arm_that_this_version_no_longer_has_keeps_its_name() -> None:
    assert "old arm was trusted more" in finding("trust", replace(PAIR, first="old arm"))


@pytest.mark.parametrize(
    ("alpha", "sentence"), [(0.85, "rely on"), (0.7, "tentative"), (0.2, "low"), (-0.1, "low"), (None, "cannot")]
)
def test_agreement_is_rated_by_krippendorffs_thresholds(alpha: float | None, sentence: str) -> None:
    difference = Results(None, 8, 32, True, (), alpha, {})
    assert sentence in agreement_words(difference)
