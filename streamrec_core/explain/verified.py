"""Verified explanations: reasons confirmed by removal, rejected reasons with the verdict, agreement of the methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from streamrec_core.attribution.case import case_of, first_recommendations
from streamrec_core.attribution.counterfactual import smallest_removal
from streamrec_core.attribution.evidence import AttributionEvidence, EvidenceSettings, gather_evidence
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.explain.check_record import CaseChecks
from streamrec_core.explain.checks import check
from streamrec_core.explain.explain_request import requests_of
from streamrec_core.explain.first_look import explain_many
from streamrec_core.explain.method_agreement import MethodAgreement, assess_agreement
from streamrec_core.explain.no_reason import Finding, findings, for_and_against
from streamrec_core.explain.reasons import CandidateReason, context_of, propose
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified_record import CheckedReason, Verified, VerifySettings
from streamrec_core.models.protocol import SessionModel


def verify(
    model: SessionModel,
    dataset: DataSet,
    explanation: Explanation,
    history: Session | None = None,
    settings: VerifySettings | None = None,
) -> Verified:
    """Check one explanation; `add_counterfactual` completes it.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    explanation : Explanation
    history : Session or None
        The whole history; None: that of the explanation.
    settings : VerifySettings or None

    Returns
    -------
    Verified

    Raises
    ------
    BadInput
        A candidate cannot be recommended (neutral, or already seen), or the history is not that of the explanation.

    Examples
    --------
    >>> from streamrec_core.data.dataset import make_dataset
    >>> from streamrec_core.data.splits import split
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
    >>> from streamrec_core.explain.first_look import explain_session
    >>> from streamrec_core.models.neighbours import item_neighbours
    >>> catalogue = case_study_catalogue()
    >>> log, _ = draw_case_study(catalogue, sessions=200, seed=1)
    >>> about = {"kind": "synthetic", "source": "drawn", "licence": "none needed", "train_positions": "last"}
    >>> dataset = make_dataset(catalogue, log, name="toy", **about)
    >>> model = item_neighbours(log, catalogue, split(dataset).train)
    >>> verified = verify(model, dataset, explain_session(model, dataset, log.session_ids[0]))
    >>> verified.status
    'no reason holds'
    """
    whole = history or explanation.every_event
    events = explanation.history.items
    if len(whole) < len(events) or (whole.items[len(whole) - len(events) :] != events).any():
        raise BadInput(
            "the history is another than that of the explanation; leave it out, or explain this history first"
        )
    return verify_many(model, dataset, [(explanation, whole)], settings)[0]


def verify_many(
    model: SessionModel,
    dataset: DataSet,
    explained: Sequence[tuple[Explanation, Session]],
    settings: VerifySettings | None = None,
) -> list[Verified]:
    """Check many explanations, each with its whole history, in few forward passes.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    explained : sequence of (Explanation, Session)
    settings : VerifySettings or None

    Returns
    -------
    list of Verified

    Raises
    ------
    BadInput
        A candidate cannot be recommended (neutral, or already seen).
    """
    limits = settings or VerifySettings()
    catalogue = dataset.catalogue
    cases = [
        replace(
            case_of(history, explanation.candidate.row, model, dataset.card.filter_seen),
            listed=_rest_of_list(explanation, limits.checks.list_length),
        )
        for explanation, history in explained
    ]
    gathered = gather_evidence(model, catalogue, cases, evidence_settings(limits))
    proposed = [
        propose(context_of(evidence, catalogue), explanation.reasons)
        for (explanation, _), evidence in zip(explained, gathered, strict=True)
    ]
    requests = [(case, [reason.positions for reason in reasons]) for case, reasons in zip(cases, proposed, strict=True)]
    checked = check(model, catalogue, requests, limits.checks)
    parts = zip(explained, gathered, proposed, checked, strict=True)
    return [
        _verified(explanation, history, evidence, (reasons, checks), catalogue, limits)
        for (explanation, history), evidence, reasons, checks in parts
    ]


def verify_examples(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    settings: VerifySettings | None = None,
    candidates: Sequence[int] | None = None,
) -> list[Verified]:
    """Explain and check the first recommendation of many examples or, where given, a candidate of each.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    settings : VerifySettings or None
    candidates : sequence of int or None
        Catalogue row to explain for each example.

    Returns
    -------
    list of Verified
    """
    requests = requests_of(dataset, examples, candidates)
    explanations = explain_many(model, dataset, requests)
    histories = [request.history for request in requests]
    return verify_many(model, dataset, list(zip(explanations, histories, strict=True)), settings)


def example_agreements(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[MethodAgreement, ...]:
    """Assess how the methods agree on the first recommendation of each example, without checking any reason.

    The same as `verify_examples` says of them by its default settings, at a fraction of the cost.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    tuple of MethodAgreement
        In the order of the examples.
    """
    limits = VerifySettings()
    histories = [request.history for request in requests_of(dataset, examples)]
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    gathered = gather_evidence(model, dataset.catalogue, cases, evidence_settings(limits))
    return tuple(assess_agreement(evidence, limits.badge) for evidence in gathered)


def add_counterfactual(
    model: SessionModel, catalogue: Catalogue, verified: Verified, progress: Callable[[float], None] | None = None
) -> Verified:
    """Add the smallest removal that takes the candidate off the list; it may take seconds.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    verified : Verified
    progress : callable or None
        Takes the share that is done.

    Returns
    -------
    Verified
        Unchanged where the candidate is not on the list to begin with.
    """
    settings = verified.settings.counterfactual
    if verified.evidence.removal.rank > settings.k:
        return verified
    try:
        return replace(verified, counterfactual=smallest_removal(model, catalogue, verified.case, settings, progress))
    except BadInput:  # by rounding, the candidate is just outside the list here and inside it in the batch
        return verified


def evidence_settings(settings: VerifySettings) -> EvidenceSettings:
    """Return the settings that evidence of a verified explanation is gathered with."""
    return EvidenceSettings(integrated=settings.gradients)


def _rest_of_list(explanation: Explanation, list_length: int) -> IntArray:
    """Catalogue rows of the other titles of the list; of the first titles where the candidate is not among them."""
    rows = [item.row for item in explanation.recommendations[:list_length]]
    return np.array([row for row in rows if row != explanation.candidate.row], np.int64)


def _verified(
    explanation: Explanation,
    history: Session,
    evidence: AttributionEvidence,
    tested: tuple[Sequence[CandidateReason], CaseChecks],
    catalogue: Catalogue,
    settings: VerifySettings,
) -> Verified:
    reasons, checks = tested
    both = [CheckedReason(reason, checked) for reason, checked in zip(reasons, checks.checks, strict=True)]
    both.sort(key=lambda checked: -checked.check.effect)
    confirmed = tuple(checked for checked in both if checked.check.confirmed)
    return Verified(
        first_look=explanation,
        case=evidence.case,
        evidence=evidence,
        confirmed=confirmed,
        rejected=tuple(checked for checked in both if not checked.check.confirmed),
        findings=() if confirmed else _findings(explanation, evidence, checks, catalogue, settings),
        agreement=assess_agreement(evidence, settings.badge),
        settings=settings,
        empty=checks.empty,
        in_history=explanation.candidate.row in history.items,
    )


def _findings(
    explanation: Explanation,
    evidence: AttributionEvidence,
    checks: CaseChecks,
    catalogue: Catalogue,
    settings: VerifySettings,
) -> tuple[Finding, ...]:
    """Find what is known where no reason is confirmed."""
    content = ~catalogue.neutral[evidence.case.history.items]
    removal, limit = evidence.removal, settings.checks
    if limit.listed_only and removal.rank > limit.list_length:
        return for_and_against(removal, content, limit.list_length, limit.least_effect)
    singles = tuple(np.asarray(removal.effect)[content].tolist())
    return findings(explanation, checks, singles, settings.nothing)
