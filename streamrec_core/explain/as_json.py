"""A verified explanation as plain values, under the names that scripts and Parquet files rely on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.event_value import VALUE_METHOD
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import NOUN
from streamrec_core.explain.check_record import Trials
from streamrec_core.explain.method_agreement import MethodAgreement
from streamrec_core.explain.record import Explanation, Reason
from streamrec_core.explain.sentences import Clause, Words, cannot_be_recommended, words
from streamrec_core.explain.verified_record import Verified

LANGUAGE = "en"
"""Of every sentence; scripts and stored files have it."""

NOTHING: dict[str, Any] = {
    "verified_status": "cannot be recommended",
    "findings": [],
    "reasons": [],
    "dropped": [],
    "agreement": None,
    "evidence": [],
    "value_method": VALUE_METHOD,
    "completeness_gap": None,
    "counterfactual": None,
}
TRIAL_NAMES = ("sub_histories", "sub_histories_tried", "replacements", "replacements_tried", "p_value", "p_holm")


def plain_values(verified: Verified, catalogue: Catalogue, reader: str = "viewer") -> dict[str, Any]:
    """Convert a verified explanation to plain values: text, reasons, agreement, evidence, counterfactual.

    Parameters
    ----------
    verified : Verified
    catalogue : Catalogue
    reader : str
        viewer, analyst or regulator.

    Returns
    -------
    dict of str to Any
        Ready for `json.dumps`; positions are those of the whole session, from 0.

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    wording = words(verified, catalogue, reader)
    start = verified.case.history.start
    return {
        "explanation": wording.sentence,
        "verified": wording.sentence,
        "verified_status": verified.status,
        "reader": reader,
        "language": LANGUAGE,
        "findings": [
            {"kind": finding.kind, "text": text, "positions": _in_session(finding.positions, start), **finding.figures}
            for finding, text in zip(verified.findings, wording.findings, strict=True)
        ],
        "reasons": [_reason(clause, catalogue, start) for clause in wording.clauses],
        "dropped": [_reason(clause, catalogue, start) for clause in wording.rejected],
        "agreement": _agreement(verified.agreement, wording),
        "evidence": _evidence(verified, catalogue),
        "value_method": VALUE_METHOD,
        "completeness_gap": verified.evidence.completeness_gap,
        "counterfactual": None
        if verified.counterfactual is None
        else _counterfactual(verified.counterfactual, verified, wording.counterfactual, catalogue),
    }


def plain_contributions(explanation: Explanation) -> dict[str, Any]:
    """Convert an additive model's score to plain values: its base, and what each head adds because of each event.

    `base` and all `values` add up to `score`; empty for a model that is not additive.
    """
    parts = explanation.contributions
    if parts is None:
        return {}
    return {
        "score": explanation.score,
        "base": float(parts.base[0]),
        "contributions": [
            {"layer": layer, "head": head, "values": values.tolist()}
            for layer, heads in enumerate(parts.values[0])
            for head, values in enumerate(heads)
        ],
    }


def not_verifiable(reader: str = "viewer", noun: str = NOUN) -> dict[str, Any]:
    """Fill the names of `plain_values` for an item that cannot be recommended.

    Parameters
    ----------
    reader : str
        viewer, analyst or regulator.
    noun : str
        Of the data set.

    Returns
    -------
    dict of str to Any

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    sentence = cannot_be_recommended(reader, noun)
    return {"explanation": sentence, "verified": sentence, "reader": reader, "language": LANGUAGE, **NOTHING}


def first_look_reason(reason: Reason, start: int) -> dict[str, Any]:
    """Convert a reason of the first look, with its positions in the whole session.

    Parameters
    ----------
    reason : Reason
    start : int
        Position of the first event that the model read.

    Returns
    -------
    dict of str to Any
    """
    return {**asdict(reason), "positions": _in_session(reason.positions, start)}


def _in_session(positions: Sequence[int], start: int) -> list[int]:
    return [start + position for position in positions]


def _reason(clause: Clause, catalogue: Catalogue, start: int) -> dict[str, Any]:
    reason, check = clause.checked.reason, clause.checked.check
    return {
        "kind": reason.kind,
        "also": list(reason.also),
        "label": clause.label,
        "text": clause.text,
        "detail": clause.detail,
        "positions": _in_session(reason.positions, start),
        "items": [catalogue.item_ids[row] for row in reason.rows],
        "heads": [list(head) for head in reason.heads],
        "proposed_by": list(reason.proposed_by),
        "named_first": reason.named_first,
        "verdict": check.verdict,
        "effect": check.effect,
        "list_effect": check.list_effect,
        "rank_before": check.rank_before,
        "rank_after": check.rank_after,
        "probability_before": check.probability_before,
        "probability_after": check.probability_after,
        "sets_tested": check.sets,
        **trials_as_plain(check.trials),
    }


def trials_as_plain(trials: Trials | None) -> dict[str, Any]:
    """Convert trials to shares of edits that lower the title, their numbers and p values; None without trials."""
    if trials is None:
        return dict.fromkeys(TRIAL_NAMES)
    return {
        "sub_histories": trials.sub_histories_lower / trials.sub_histories if trials.sub_histories else None,
        "sub_histories_tried": trials.sub_histories,
        "replacements": trials.replacements_lower / trials.replacements if trials.replacements else None,
        "replacements_tried": trials.replacements,
        "p_value": trials.p_value,
        "p_holm": trials.p_holm,
    }


def _agreement(agreement: MethodAgreement, wording: Words) -> dict[str, Any]:
    return {
        "badge": agreement.key,
        "words": wording.agreement,
        "warning": wording.warning or None,
        "pairs": [
            {
                "methods": [pair.first, pair.second],
                "tau": pair.tau,
                "same_first": pair.same_first,
                "opposed": pair.opposed,
                "agree": pair.agree,
            }
            for pair in agreement.pairs
        ],
    }


def _evidence(verified: Verified, catalogue: Catalogue) -> list[dict[str, Any]]:
    added = _added(verified)
    return [
        {
            "position": verified.case.history.start + event.position,
            "item_id": catalogue.item_ids[event.item],
            "title": catalogue.titles[event.item],
            "attention": event.attention,
            **added[event.position],
            "value": event.value,
            "integrated_gradients": event.integrated_gradients,
            "gradient_input": event.gradient_input,
            "removal": event.removal,
            **({} if event.masked is None else {"masked": event.masked}),
            "rank_without": event.rank_without,
        }
        for event in verified.evidence.events()
    ]


def _added(verified: Verified) -> list[dict[str, float]]:
    """Read what each event adds to the candidate's score, alone and against the other titles; else empty."""
    parts = verified.first_look.contributions
    if parts is None:
        return [{} for _ in verified.case.history.items]
    against_others = verified.evidence.values["contribution"].tolist()
    return [
        {"contribution": alone, "contribution_against_others": against}
        for alone, against in zip(parts.by_event[0].tolist(), against_others, strict=True)
    ]


def _counterfactual(
    counterfactual: Counterfactual, verified: Verified, text: str, catalogue: Catalogue
) -> dict[str, Any]:
    removed = counterfactual.positions or ()
    rows = np.asarray(verified.case.history.items)[list(removed)].tolist()
    return {
        "text": text,
        "k": counterfactual.k,
        "positions": None if counterfactual.positions is None else _in_session(removed, verified.case.history.start),
        "items": [catalogue.item_ids[row] for row in rows],
        "titles": [catalogue.titles[row] for row in rows],
        "rank_before": counterfactual.rank,
        "rank_without": counterfactual.rank_without,
        "instead": [catalogue.item_ids[row] for row in counterfactual.instead],
        "instead_titles": [catalogue.titles[row] for row in counterfactual.instead],
        "proven": counterfactual.proven,
        "tried": counterfactual.tried,
    }
