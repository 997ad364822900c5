"""Results of a study: means by arm, comparisons of arms, outcomes, and the whole as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from streamrec_core.study.paired import POWER, PairedTest
from streamrec_core.study.store import StudyCard

LEAST_RATERS = 6
"""With fewer, the signed-rank test cannot fall below p = 0.05 whatever people answer (2 / 2**5 = 0.0625)."""
CLAIM = {
    "attention-grounded": 4.2,
    "generic": 2.8,
    "source": "the case study, as printed, on a scale of 1 to 5; it states neither raters nor tests, and nothing here "
    "confirms it",
}
OutcomeName = Literal["trust", "understanding"]


@dataclass(frozen=True)
class FinishedResponse:
    """One finished task.

    Attributes
    ----------
    rater, case : int
    arm : str
    position : int
        In the rater's list of tasks; `place` in files.
    trust : int
    prediction : str
    right : float
        1.0 where the rater predicted what the model does, else 0.0.
    seconds : float or None
    """

    rater: int
    case: int
    arm: str
    position: int
    trust: int
    prediction: str
    right: float
    seconds: float | None


@dataclass(frozen=True)
class ArmMean:
    """Mean of one arm, each rater weighing the same.

    Attributes
    ----------
    arm : str
    mean : float
    interval : (float, float)
        95 %, raters resampled.
    raters, answers : int
    """

    arm: str
    mean: float
    interval: tuple[float, float]
    raters: int
    answers: int


@dataclass(frozen=True)
class ArmComparison:
    """Two arms compared within raters, over the cases for which both have a text.

    Attributes
    ----------
    first, second : str
    test : PairedTest or None
        None where fewer than two raters met both.
    t_holm, w_holm : float or None
        P values adjusted for all pairs of arms of this outcome (Holm 1979).
    needed : int or None
        Raters with which a paired t test at alpha / pairs would find an effect of the observed size with power 0.8;
        None where there is no effect to find.
    """

    first: str
    second: str
    test: PairedTest | None
    t_holm: float | None = None
    w_holm: float | None = None
    needed: int | None = None


@dataclass(frozen=True)
class OutcomeSummary:
    """Means and comparisons of trust (1 to 5) or of understanding (share of predictions that were right)."""

    name: OutcomeName
    estimates: tuple[ArmMean, ...]
    comparisons: tuple[ArmComparison, ...]


@dataclass(frozen=True)
class Results:
    """A study's results so far.

    Attributes
    ----------
    card : StudyCard
    raters : int
        Raters who count: not revoked, and with a finished case under every arm.
    answers : int
    enough : bool
        Whether there are `LEAST_RATERS`; before that there are no outcomes.
    outcomes : tuple of OutcomeSummary
    agreement : float or None
        Krippendorff's alpha of the trust ratings, ordinal; a unit is a case under an arm.
    planning : dict of str to (int or None)
        Raters needed for stated effects.
    """

    card: StudyCard
    raters: int
    answers: int
    enough: bool
    outcomes: tuple[OutcomeSummary, ...]
    agreement: float | None
    planning: dict[str, int | None]

    @property
    def missing(self) -> int:
        """How many more raters are needed before anything is shown."""
        return max(0, LEAST_RATERS - self.raters)

    def as_json(self) -> dict[str, Any]:
        """Convert to plain values; `outcomes` is empty until there are enough raters."""
        return {
            "study": self.card.model_dump(),
            "raters": self.raters,
            "raters_wanted": LEAST_RATERS,
            "answers": self.answers,
            "enough": self.enough,
            "outcomes": {outcome.name: _outcome_json(outcome) for outcome in self.outcomes},
            "agreement_krippendorff_alpha": self.agreement,
            "planning_raters_needed": self.planning,
            "claim_of_the_case_study": CLAIM,
        }


def _outcome_json(outcome: OutcomeSummary) -> dict[str, Any]:
    return {
        "arms": [asdict(estimate) for estimate in outcome.estimates],
        "comparisons": [asdict(comparison) | {"power": POWER} for comparison in outcome.comparisons],
    }
