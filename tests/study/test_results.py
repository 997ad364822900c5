"""Study results for planted responses, where every figure is known."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from streamrec_core.errors import Refused
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.export import answers_csv, study_json, study_json_text
from streamrec_core.study.invitations import invite, revoke
from streamrec_core.study.paired import raters_needed
from streamrec_core.study.results import results
from streamrec_core.study.results_record import LEAST_RATERS
from tests.study.worlds import ARMS, case_of, planted_study, rate, rated_study

GENERIC = (2, 3, 3, 2, 1, 3, 2, 4)
FIRST = (4, 4, 3, 5, 3, 4, 2, 5)


def planted(rater: int, arm: str, case: StudyCase) -> tuple[int, str]:
    """Trust as planted; everyone foresees everything under the first pass, and says "later" under generic."""
    return (FIRST[rater], case.truth) if arm == "first pass" else (GENERIC[rater], "later")


def test_means_and_tests_are_those_that_were_planted(workspace: Path) -> None:
    rated_study(8, planted)
    summary = results("planted")
    assert (summary.raters, summary.answers, summary.enough) == (8, 32, True)
    trust, understanding = summary.outcomes
    assert [arm.mean for arm in trust.estimates] == [np.mean(GENERIC), np.mean(FIRST)]
    (pair,) = trust.comparisons
    assert (pair.first, pair.second) == ("first pass", "generic")
    t, w = stats.ttest_rel(FIRST, GENERIC), stats.wilcoxon(np.subtract(FIRST, GENERIC, dtype=float))
    assert (pair.test.t, pair.t_holm) == pytest.approx((t.statistic, t.pvalue))
    assert (pair.test.w, pair.w_holm) == pytest.approx((w.statistic, w.pvalue))
    differences = np.subtract(FIRST, GENERIC)
    assert pair.test.dz == pytest.approx(differences.mean() / differences.std(ddof=1))
    assert pair.needed == raters_needed(pair.test.dz)
    assert understanding.estimates[1].mean == 1.0
    assert understanding.estimates[0].mean == pytest.approx(0.5)  # right in half of the cases, balanced over raters


def test_intervals_resample_raters_and_not_answers(workspace: Path) -> None:
    rated_study(8, planted)
    estimate = results("planted").outcomes[0].estimates[1]
    means = np.array(FIRST, float)
    expected = stats.bootstrap((means,), np.mean, n_resamples=5000, method="percentile", rng=3).confidence_interval
    assert estimate.interval == pytest.approx(tuple(expected), abs=0.13)
    assert estimate.raters == 8
    assert estimate.answers == 16


def test_nothing_is_shown_or_exported_before_there_are_enough_raters(workspace: Path) -> None:
    rated_study(LEAST_RATERS - 1, planted)
    summary = results("planted")
    assert (summary.raters, summary.missing, summary.enough) == (5, 1, False)
    assert summary.outcomes == ()
    assert summary.agreement is None
    text = json.dumps(summary.as_json())
    assert "mean" not in text
    for export in (answers_csv, study_json):
        with pytest.raises(Refused, match="results need at least 6"):
            export("planted")


def test_with_fewer_raters_the_signed_rank_test_could_not_succeed() -> None:
    def least_p(raters: int) -> float:
        return stats.wilcoxon(np.arange(1.0, raters + 1)).pvalue

    assert least_p(LEAST_RATERS - 1) > 0.05 >= least_p(LEAST_RATERS)


def test_raters_who_met_one_arm_only_and_closed_codes_do_not_count(workspace: Path) -> None:
    rated_study(7, planted)
    rate(invite("planted", 1)[0].code, 7, planted, tasks=1)
    assert results("planted").raters == 7
    revoke("planted", 1)
    summary = results("planted")
    assert (summary.raters, summary.answers) == (6, 24)
    assert summary.outcomes[0].estimates[0].mean == np.mean(GENERIC[1:7])


def test_arms_are_compared_over_the_cases_that_both_can_word(workspace: Path) -> None:
    cases = [case_of(0, absent=["first pass"]), case_of(1), case_of(2), case_of(3)]

    def answer(rater: int, arm: str, case: StudyCase) -> tuple[int, str]:
        return (1 if case.number == 0 else 3 + (rater % 2 and arm == "first pass")), "later"

    rated_study(8, answer, cases=cases)
    trust = results("planted").outcomes[0]
    assert trust.estimates[0].mean < 3  # the case that only generic words is in its own mean ...
    assert trust.comparisons[0].test.difference == 0.5  # ... and not in the comparison


def test_agreement_is_full_where_ratings_depend_on_the_task_alone(workspace: Path) -> None:
    def alike(rater: int, arm: str, case: StudyCase) -> tuple[int, str]:
        return 1 + case.number + (arm == "generic"), "later"

    rated_study(8, alike)
    assert results("planted").agreement == pytest.approx(1.0)


def test_all_pairs_of_three_arms_are_adjusted_together(workspace: Path) -> None:
    arms = ("a", "b", "c")
    cases = [case_of(number, arms=arms) for number in range(6)]
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 2, (12, 3))

    def answer(rater: int, arm: str, case: StudyCase) -> tuple[int, str]:
        return int(1 + arms.index(arm) + noise[rater, arms.index(arm)]), "later"

    rated_study(12, answer, arms=arms, cases=cases)
    trust = results("planted").outcomes[0]
    assert [(pair.first, pair.second) for pair in trust.comparisons] == [("b", "a"), ("c", "a"), ("c", "b")]
    raw = [pair.test.t_p for pair in trust.comparisons]
    assert max(pair.t_holm for pair in trust.comparisons) >= max(raw)
    assert min(pair.t_holm for pair in trust.comparisons) == pytest.approx(3 * min(raw))
    assert results("planted").planning["0.5"] == raters_needed(0.5, 0.05 / 3)


def test_the_claim_of_the_case_study_is_marked_as_such(workspace: Path) -> None:
    planted_study()
    claim = results("planted").as_json()["claim_of_the_case_study"]
    assert (claim["attention-grounded"], claim["generic"]) == (4.2, 2.8)
    assert "nothing here confirms it" in claim["source"]


def test_exports_hold_every_counted_answer_and_what_was_shown(workspace: Path) -> None:
    rated_study(6, planted)
    rows = list(csv.DictReader(io.StringIO(answers_csv("planted"))))
    assert len(rows) == 24
    assert {row["arm"] for row in rows} == set(ARMS)
    assert all(float(row["right"]) == 1 for row in rows if row["arm"] == "first pass")
    summary = json.loads(study_json_text("planted"))
    assert summary["cases"][2]["texts"]["generic"]["text"] == "generic text of case 2"
    assert len(summary["answers_given"]) == 24
    assert summary["outcomes"]["trust"]["arms"][1]["mean"] == np.mean(FIRST[:6])


def test_the_same_answers_give_the_same_results(workspace: Path) -> None:
    rated_study(8, planted)
    assert results("planted") == results("planted")
