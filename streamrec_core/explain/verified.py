"""The verified explanation: reasons that removal confirmed, what was dropped and why, and how the methods agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from streamrec_core.attribution.case import Case, case_of, first_recommendations
from streamrec_core.attribution.counterfactual import Counterfactual, CounterfactualSettings, smallest_removal
from streamrec_core.attribution.evidence import CaseEvidence, EvidenceSettings, gather_evidence
from streamrec_core.attribution.integrated import IntegratedSettings
from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.explain.checks import CaseChecks, Check, CheckSettings, SetEffect, check
from streamrec_core.explain.first_look import explain_many, requests_of
from streamrec_core.explain.method_agreement import AgreementSettings, MethodAgreement, assess_agreement
from streamrec_core.explain.no_reason import Finding, NoReasonSettings, findings, for_and_against
from streamrec_core.explain.reasons import CandidateReason, context_of, propose
from streamrec_core.explain.record import Explanation
from streamrec_core.models.protocol import SessionModel

MOST_NAMED = 3
Status = Literal["verified", "no reason holds", "not on the list"]
Progress = Callable[[float], None]


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
class Verified:
    """Everything that is known of why an item was recommended.

    Attributes
    ----------
    first_look : Explanation
        The unchecked first pass, kept as it was.
    evidence : Evidence
        Attention, gradients and removal, event by event.
    confirmed : tuple of CheckedReason
        Every reason that its check confirmed, largest effect first; `named` are those in the sentence.
    rejected : tuple of CheckedReason
        Every other reason, each with the verdict that dropped it.
    findings : tuple of Finding
        What is known where no reason holds or the title is not on the list; empty where one does.
    agreement : MethodAgreement
        How attention, gradients and removal agree.
    empty : SetEffect
        What an empty history would do.
    counterfactual : Counterfactual or None
        None where it was not asked for, or the item is not among the first k anyway.
    """

    first_look: Explanation
    case: Case
    evidence: CaseEvidence
    confirmed: tuple[CheckedReason, ...]
    rejected: tuple[CheckedReason, ...]
    findings: tuple[Finding, ...]
    agreement: MethodAgreement
    empty: SetEffect
    settings: VerifySettings
    counterfactual: Counterfactual | None = None

    @property
    def named(self) -> tuple[CheckedReason, ...]:
        """The reasons of the sentence, at most three."""
        return self.confirmed[:MOST_NAMED]

    @property
    def status(self) -> Status:
        """verified; no reason holds; or not on the list, where nothing is a reason for the title."""
        if self.confirmed:
            return "verified"
        return "not on the list" if any(one.kind == "not listed" for one in self.findings) else "no reason holds"

    @property
    def first_look_rejected(self) -> tuple[CheckedReason, ...]:
        """What the first look named and the check did not confirm."""
        return tuple(one for one in self.rejected if one.reason.named_first)


def verify(
    model: SessionModel,
    dataset: DataSet,
    found: Explanation,
    history: Session | None = None,
    settings: VerifySettings | None = None,
) -> Verified:
    """Check one explanation; `add_counterfactual` completes it.

    Parameters
    ----------
    history : Session or None
        The whole history, where it is longer than what the model saw and seen items are filtered.

    Raises
    ------
    BadInput
        The candidate cannot be recommended (neutral, or already seen).
    """
    return verify_many(model, dataset, [(found, history or found.history)], settings)[0]


def verify_many(
    model: SessionModel,
    dataset: DataSet,
    explained: Sequence[tuple[Explanation, Session]],
    settings: VerifySettings | None = None,
) -> list[Verified]:
    """Check many explanations, each with its whole history, in few forward passes.

    Raises
    ------
    BadInput
        A candidate cannot be recommended.
    """
    chosen = settings or VerifySettings()
    catalogue = dataset.catalogue
    cases = [
        replace(
            case_of(history, found.candidate.row, model, dataset.card.filter_seen),
            listed=_rest_of_list(found, chosen.checks.list_length),
        )
        for found, history in explained
    ]
    evidence = gather_evidence(model, catalogue, cases, evidence_settings(chosen))
    proposed = [_proposed(found, one, dataset) for (found, _), one in zip(explained, evidence, strict=True)]
    wanted = [(case, [reason.positions for reason in reasons]) for case, reasons in zip(cases, proposed, strict=True)]
    checked = check(model, catalogue, wanted, chosen.checks)
    parts = zip(explained, evidence, proposed, checked, strict=True)
    return [_verified(found, one, (reasons, checks), catalogue, chosen) for (found, _), one, reasons, checks in parts]


def verify_examples(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    settings: VerifySettings | None = None,
    candidates: Sequence[int] | None = None,
) -> list[Verified]:
    """Explain and check the first recommendation of many examples or, where given, a candidate of each."""
    requests = requests_of(dataset, examples, candidates)
    explanations = explain_many(model, dataset, requests)
    histories = [request.history for request in requests]
    return verify_many(model, dataset, list(zip(explanations, histories, strict=True)), settings)


def example_agreements(
    model: SessionModel, dataset: DataSet, examples: Examples, settings: VerifySettings | None = None
) -> tuple[MethodAgreement, ...]:
    """Assess how the methods agree on the first recommendation of each example, without checking any reason.

    The same as `verify_examples` says of them, at a fraction of the cost.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    settings : VerifySettings or None

    Returns
    -------
    tuple of MethodAgreement
        In the order of the examples.
    """
    limits = settings or VerifySettings()
    histories = [request.history for request in requests_of(dataset, examples)]
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    gathered = gather_evidence(model, dataset.catalogue, cases, evidence_settings(limits))
    return tuple(assess_agreement(evidence, limits.badge) for evidence in gathered)


def add_counterfactual(
    model: SessionModel, catalogue: Catalogue, found: Verified, progress: Progress | None = None
) -> Verified:
    """The same with the smallest removal that takes the candidate off the list; it may take seconds.

    Where the candidate is not on the list to begin with, nothing is added.
    """
    settings = found.settings.counterfactual
    if found.evidence.removal.rank > settings.k:
        return found
    try:
        return replace(found, counterfactual=smallest_removal(model, catalogue, found.case, settings, progress))
    except BadInput:  # half a score's rounding apart from the batch, the candidate stands just outside the list
        return found


def evidence_settings(settings: VerifySettings) -> EvidenceSettings:
    """How evidence is gathered for a verified explanation."""
    return EvidenceSettings(integrated=settings.gradients)


def _rest_of_list(found: Explanation, list_length: int) -> IntArray:
    """Catalogue rows of the other titles of the list; of the first titles where the candidate is not among them."""
    rows = [item.row for item in found.recommendations[:list_length]]
    return np.array([row for row in rows if row != found.candidate.row], np.int64)


def _proposed(found: Explanation, evidence: CaseEvidence, dataset: DataSet) -> tuple[CandidateReason, ...]:
    return propose(context_of(evidence, dataset.catalogue, dataset.card.wording), found.reasons)


def _verified(
    found: Explanation,
    evidence: CaseEvidence,
    tested: tuple[Sequence[CandidateReason], CaseChecks],
    catalogue: Catalogue,
    settings: VerifySettings,
) -> Verified:
    reasons, checks = tested
    both = [CheckedReason(reason, one) for reason, one in zip(reasons, checks.checks, strict=True)]
    both.sort(key=lambda one: -one.check.effect)
    confirmed = tuple(one for one in both if one.check.confirmed)
    return Verified(
        first_look=found,
        case=evidence.case,
        evidence=evidence,
        confirmed=confirmed,
        rejected=tuple(one for one in both if not one.check.confirmed),
        findings=() if confirmed else _known(found, evidence, checks, catalogue, settings),
        agreement=assess_agreement(evidence, settings.badge),
        settings=settings,
        empty=checks.empty,
    )


def _known(
    found: Explanation, evidence: CaseEvidence, checks: CaseChecks, catalogue: Catalogue, settings: VerifySettings
) -> tuple[Finding, ...]:
    """What is said where no reason is given."""
    content = ~catalogue.neutral[evidence.case.history.items]
    removal, limit = evidence.removal, settings.checks
    if limit.listed_only and removal.rank > limit.list_length:
        return for_and_against(removal, content, limit.list_length, limit.least_effect)
    singles = tuple(np.asarray(removal.effect)[content].tolist())
    return findings(found, checks, singles, settings.nothing)
