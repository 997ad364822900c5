"""A verified explanation: its confirmed and rejected reasons, evidence and agreement of the methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from streamrec_core.attribution.case import Case
from streamrec_core.attribution.counterfactual import Counterfactual, CounterfactualSettings
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.attribution.integrated_gradients import IntegratedSettings
from streamrec_core.config import Settings
from streamrec_core.explain.check_record import Check, CheckSettings, SetEffect
from streamrec_core.explain.method_agreement import AgreementSettings, MethodAgreement
from streamrec_core.explain.no_reason import Finding, NoReasonSettings
from streamrec_core.explain.reasons import CandidateReason
from streamrec_core.explain.record import Explanation, candidate_line, events_frame
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd


MOST_NAMED = 3
Status = Literal["verified", "no reason holds", "not on the list"]


class VerifySettings(Settings):
    """Every threshold of a verified explanation, so that a report can state them."""

    checks: CheckSettings = CheckSettings()
    badge: AgreementSettings = AgreementSettings()
    nothing: NoReasonSettings = NoReasonSettings()
    gradients: IntegratedSettings = IntegratedSettings()
    counterfactual: CounterfactualSettings = CounterfactualSettings()


@dataclass(frozen=True)
class CheckedReason:
    """A reason with its check."""

    reason: CandidateReason
    check: Check


@dataclass(frozen=True, eq=False)
class Verified(NotebookResult):
    """Everything that is known of why an item was recommended.

    Attributes
    ----------
    first_look : Explanation
        The unchecked first look, unchanged.
    case : Case
    evidence : AttributionEvidence
        Attention, gradients and removal, event by event.
    confirmed : tuple of CheckedReason
        Every reason that its check confirmed, largest effect first; `named` are those in the sentence.
    rejected : tuple of CheckedReason
        Every other reason, each with the verdict that rejected it.
    findings : tuple of Finding
        What is known where no reason is confirmed or the title is not on the list; else empty.
    agreement : MethodAgreement
        How attention, gradients and removal agree.
    empty : SetEffect
        What an empty history would do.
    settings : VerifySettings
    in_history : bool
        Whether the whole history already holds the candidate, also before the events that the model sees.
    counterfactual : Counterfactual or None
        None before `add_counterfactual`, or where the item is not among the first k anyway.
    """

    first_look: Explanation
    case: Case
    evidence: AttributionEvidence
    confirmed: tuple[CheckedReason, ...]
    rejected: tuple[CheckedReason, ...]
    findings: tuple[Finding, ...]
    agreement: MethodAgreement
    empty: SetEffect
    settings: VerifySettings
    in_history: bool = False
    counterfactual: Counterfactual | None = None

    def to_pandas(self) -> pd.DataFrame:
        """One row an event: each method's value, and the candidate's rank without it."""
        history = self.case.history
        columns = {name: np.asarray(value) for name, value in self.evidence.values.items()}
        return events_frame(
            history, self.first_look.catalogue, columns | {"rank_without": np.asarray(self.evidence.ranks)}
        )

    def summary(self) -> tuple[str, ...]:
        """The title with its rank, the verified sentence, and whether a reason was confirmed."""
        from streamrec_core.explain.sentences import words  # which words this record

        catalogue = self.first_look.catalogue
        sentence = () if catalogue is None else (words(self, catalogue).sentence,)
        return (candidate_line(self.first_look.candidate), *sentence, f"{self.first_look.model}: {self.status}")

    @property
    def named(self) -> tuple[CheckedReason, ...]:
        """The reasons of the sentence, at most three."""
        return self.confirmed[:MOST_NAMED]

    @property
    def status(self) -> Status:
        """verified; no reason holds; or not on the list, where nothing is a reason for the title."""
        if self.confirmed:
            return "verified"
        return (
            "not on the list" if any(finding.kind == "not listed" for finding in self.findings) else "no reason holds"
        )

    @property
    def first_look_rejected(self) -> tuple[CheckedReason, ...]:
        """What the first look named and the check did not confirm."""
        return tuple(checked for checked in self.rejected if checked.reason.named_first)
