"""Record of a faithfulness study: settings, hashes, and every measure of every explainer with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from streamrec_core.attribution.candidate_scores import RemovalMode
from streamrec_core.config import SealedRecord, Settings
from streamrec_core.data.splits import PartName
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.slices import share

REPORT_FILE = "faithfulness.json"
"""Name of a precomputed report beside a model's card."""


class FaithfulnessSettings(Settings):
    """What is measured, and on how much.

    Attributes
    ----------
    sessions
        How many examples are drawn from `part`; what each is recommended first is explained.
    how
        How events are removed: drop or mask.
    k
        Length of the list that a title leaves in counterfactuals, POS@k and NEG@k.
    near
        An explanation tells the truth when the event it puts first is among this many with the largest effect.
    largest_set
        Largest set that an explainer may remove in its own order to take the title off the list.
    epsilon
        Largest total variation of the output that the search for other attention may cause.
    search_steps
        Gradient steps of that search.
    permutations
        Random orders of the weights that are tried.
    """

    sessions: int = Field(200, ge=2)
    part: PartName = "test"
    seed: int = 42
    how: RemovalMode = "drop"
    k: int = Field(10, ge=1)
    near: int = Field(3, ge=1)
    largest_set: int = Field(5, ge=1)
    epsilon: float = Field(0.01, gt=0, le=1)
    search_steps: int = Field(150, ge=0)
    permutations: int = Field(5, ge=1)


class SessionMean(Settings):
    """A mean over sessions with its 95 % bootstrap interval.

    Attributes
    ----------
    n
        Sessions for which it is defined; where that is none, there is no figure at all.
    low, high
        None where fewer than two sessions have it.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def share_interval(self) -> tuple[float, float] | None:
        """The interval of a share of sessions: Wilson's where all agree, since the bootstrap has no width there."""
        if self.low is None or self.high is None:
            return None
        if self.low == self.high and self.mean in (0.0, 1.0):
            return share(np.full(self.n, self.mean))
        return self.low, self.high


class ExplainerReport(Settings):
    """One explainer.

    Attributes
    ----------
    measures
        By name in `MEASURES`; those that are defined for no session are left out.
    deletion, insertion
        Mean probability of the title after each of `Report.shares` of the events has been removed, the most
        important first, or been kept, the others removed.
    """

    name: str
    measures: dict[str, SessionMean]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]


class MeasuredModel(Settings):
    """Which model and data a report is about."""

    model: str
    weights_sha256: str | None
    data: str
    catalogue_hash: str
    events_hash: str | None
    split: str


class FaithfulnessReport(SealedRecord):
    """Everything measured for one model; can be written beside its card and read back.

    Attributes
    ----------
    pictured
        The explainer that a reader sees first: each event's number for an additive model; else mean attention, or
        integrated gradients for a model without attention.
    failing
        Share of explanations by that explainer that point at the wrong event first; see `FaithfulnessSettings.near`.
    swaps
        By name in `SWAPS`: what happens to the prediction when the attention is replaced. Empty without attention.
    models
        How many models the stability over seeds rests on; 1: not measured.
    """

    settings: FaithfulnessSettings
    subject: MeasuredModel
    pictured: str
    failing: SessionMean
    shares: tuple[float, ...]
    explainers: tuple[ExplainerReport, ...]
    swaps: dict[str, dict[str, SessionMean]]
    models: int

    def explainer(self, name: str) -> ExplainerReport:
        """The explainer of this name."""
        return next(explainer for explainer in self.explainers if explainer.name == name)

    def of_weights(self, sha256: str) -> FaithfulnessReport:
        """The same report, naming the weights it is about."""
        return self.model_copy(update={"subject": self.subject.model_copy(update={"weights_sha256": sha256})})


MEASURES: dict[str, str] = {
    "tau": "Kendall's tau-b of absolute values with the effects of removal; higher is better",
    "signed_tau": "the same of values with their signs; higher is better",
    "same_first": "share that puts the same event first as removal does; higher is better",
    "fails": "share whose first event is not among those with the largest effect; lower is better",
    "comprehensiveness": "fall of the probability without the top 10%, 20% and 50% (DeYoung et al. 2020); "
    "higher is better",
    "sufficiency": "fall of the probability with nothing but those (DeYoung et al. 2020); lower is better",
    "deletion_area": "area under the deletion curve (Petsiuk et al. 2018); lower is better",
    "insertion_area": "area under the insertion curve (Petsiuk et al. 2018); higher is better",
    "pos@k": "share of steps with the title still on the list, most important events removed first (LXR, 2024); "
    "lower is better",
    "neg@k": "the same, least important events removed first (LXR, 2024); higher is better",
    "counterfactual_success": "share taken off the list by removing at most `largest_set` events in the explainer's "
    "order; higher is better",
    "counterfactual_size": "how many events that takes, where it succeeds; lower is better",
    "displaced": "share taken off the first place the same way; higher is better",
    "displaced_size": "how many events that takes, where it succeeds; lower is better",
    "stability": "tau-b with the explanation after one random event is removed; higher is steadier",
    "seed_stability": "tau-b with the explanations of models trained with other seeds; higher is steadier",
    "after_randomising": "tau-b with the explanation of the same model with shuffled weights (Adebayo et al. 2018); "
    "near 0 is right, near 1 means that the explanation does not depend on what was learned",
}
"""Every measure in words, with the better direction."""
SHARES_OF_SESSIONS = frozenset({"same_first", "fails", "counterfactual_success", "displaced"})
"""Measures that are shares of sessions; the others are means of numbers."""
SWAPS: dict[str, str] = {
    "even": "every head looks at all events alike (Wiegreffe and Pinter 2019)",
    "permuted": "every head's weights in random order (Jain and Wallace 2019)",
    "adversarial": "weights searched for that differ as far as they can while the output stays within epsilon "
    "(Jain and Wallace 2019)",
}
SWAP_MEASURES: dict[str, str] = {
    "total_variation": "half the sum of the differences between both outputs' probabilities, 0 to 1",
    "same_recommendation": "share that still recommends the same title first",
    "divergence": "Jensen-Shannon divergence of the weights, mean over the heads, 0 to 0.693",
    "other_first": "share whose attention, all heads together, now puts another event first",
}


def session_mean(values: Sequence[float | None]) -> SessionMean | None:
    """Mean and interval over sessions, undefined values left out; None where none is defined."""
    defined = np.array([value for value in values if value is not None and np.isfinite(value)], np.float64)
    if not len(defined):
        return None
    low, high = interval(defined) if len(defined) > 1 else (None, None)
    return SessionMean(mean=float(defined.mean()), low=low, high=high, n=len(defined))


def session_means(by_name: dict[str, list[float | None]]) -> dict[str, SessionMean]:
    """Means by name, those that are defined nowhere left out."""
    means = {name: session_mean(values) for name, values in by_name.items()}
    return {name: mean for name, mean in means.items() if mean is not None}


def write_report(report: FaithfulnessReport, folder: Path) -> Path:
    """Write a report beside a model's card.

    Parameters
    ----------
    report : FaithfulnessReport
    folder : Path
        Of the model.

    Returns
    -------
    Path
        The file.
    """
    report.write(folder / REPORT_FILE)
    return folder / REPORT_FILE


def read_report(folder: Path) -> FaithfulnessReport | None:
    """The report beside a model's card; None where there is none."""
    path = folder / REPORT_FILE
    return FaithfulnessReport.read(path) if path.is_file() else None
