"""A verified explanation as plain values, under the names that scripts and Parquet files rely on."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.event_value import VALUE_METHOD
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.explain.checks import Trials
from streamrec_core.explain.method_agreement import MethodAgreement
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.sentences import Clause, Words, cannot_be_recommended, words
from streamrec_core.explain.verified import Verified

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


def plain_values(found: Verified, catalogue: Catalogue, reader: str = "viewer", language: str = "en") -> dict[str, Any]:
    """What is shown first, and what it rests on: reasons, what was dropped, agreement, evidence, counterfactual.

    Raises
    ------
    BadInput
        The reader or the language is unknown.
    """
    said = words(found, catalogue, reader, language)
    return {
        "explanation": said.sentence,
        "verified": said.sentence,
        "verified_status": found.status,
        "reader": reader,
        "language": language,
        "findings": [
            {"kind": finding.kind, "text": text, "positions": list(finding.positions), **finding.figures}
            for finding, text in zip(found.findings, said.findings, strict=True)
        ],
        "reasons": [_reason(clause, catalogue) for clause in said.clauses],
        "dropped": [_reason(clause, catalogue) for clause in said.rejected],
        "agreement": _agreement(found.agreement, said),
        "evidence": _evidence(found, catalogue),
        "value_method": VALUE_METHOD,
        "completeness_gap": found.evidence.completeness_gap,
        "counterfactual": None
        if found.counterfactual is None
        else _counterfactual(found.counterfactual, found, said.counterfactual, catalogue),
    }


def plain_contributions(found: Explanation) -> dict[str, Any]:
    """The candidate's score, what no event decides of it, and what each head adds because of each event.

    `base` and all `values` add up to `score`; nothing for a model that is not additive.
    """
    parts = found.contributions
    if parts is None:
        return {}
    return {
        "score": found.score,
        "base": float(parts.base[0]),
        "contributions": [
            {"layer": layer, "head": head, "values": values.tolist()}
            for layer, heads in enumerate(parts.values[0])
            for head, values in enumerate(heads)
        ],
    }


def not_verifiable(reader: str = "viewer", language: str = "en") -> dict[str, Any]:
    """The same names for an item that cannot be recommended."""
    sentence = cannot_be_recommended(reader, language)
    return {"explanation": sentence, "verified": sentence, "reader": reader, "language": language, **NOTHING}


def _reason(clause: Clause, catalogue: Catalogue) -> dict[str, Any]:
    reason, check = clause.checked.reason, clause.checked.check
    return {
        "kind": reason.kind,
        "also": list(reason.also),
        "label": clause.label,
        "text": clause.text,
        "detail": clause.detail,
        "positions": list(reason.positions),
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
    """Shares of random edits that lower the title, how many there were, and p values; None where none were tried."""
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


def _agreement(badge: MethodAgreement, said: Words) -> dict[str, Any]:
    return {
        "badge": badge.key,
        "words": said.agreement,
        "warning": said.warning or None,
        "pairs": [
            {
                "methods": [pair.one, pair.other],
                "tau": pair.tau,
                "same_first": pair.same_first,
                "opposed": pair.opposed,
                "agree": pair.agree,
            }
            for pair in badge.pairs
        ],
    }


def _evidence(found: Verified, catalogue: Catalogue) -> list[dict[str, Any]]:
    added = _added(found)
    return [
        {
            "position": event.position,
            "item_id": catalogue.item_ids[event.item],
            "title": catalogue.titles[event.item],
            "attention": event.attention,
            **added[event.position],
            "value": event.value,
            "integrated_gradients": event.integrated_gradients,
            "gradient_input": event.gradient_input,
            "removal": event.removal,
            "rank_without": event.rank_without,
        }
        for event in found.evidence.events()
    ]


def _added(found: Verified) -> list[dict[str, float]]:
    """What each event adds to the candidate's score, alone and against the other titles; empty without such parts."""
    parts = found.first_look.contributions
    if parts is None:
        return [{} for _ in found.case.history.items]
    against_others = found.evidence.values["contribution"].tolist()
    return [
        {"contribution": alone, "contribution_against_others": against}
        for alone, against in zip(parts.by_event[0].tolist(), against_others, strict=True)
    ]


def _counterfactual(one: Counterfactual, found: Verified, text: str, catalogue: Catalogue) -> dict[str, Any]:
    places = one.positions or ()
    rows = np.asarray(found.case.history.items)[list(places)].tolist()
    return {
        "text": text,
        "k": one.k,
        "positions": None if one.positions is None else list(one.positions),
        "items": [catalogue.item_ids[row] for row in rows],
        "titles": [catalogue.titles[row] for row in rows],
        "rank_before": one.rank,
        "rank_without": one.rank_without,
        "instead": [catalogue.item_ids[row] for row in one.instead],
        "instead_titles": [catalogue.titles[row] for row in one.instead],
        "proven": one.proven,
        "tried": one.tried,
    }
