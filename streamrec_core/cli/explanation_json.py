"""An explanation and its checks as plain values, under the names that scripts rely on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamrec_core.attention.measures import HeadReading
    from streamrec_core.data.catalogue import Catalogue
    from streamrec_core.explain.record import Explanation, RankedItem
    from streamrec_core.explain.verified_record import Verified


def as_plain(explanation: Explanation) -> dict[str, Any]:
    """Convert a first look to plain values, under the names that scripts rely on.

    Positions are those of the whole session; lists with a value for each event that the model read (`attention`,
    `contributions`) begin at `first_position`.
    """
    from streamrec_core.explain.as_json import first_look_reason, plain_contributions

    start = explanation.history.start
    return {
        "session": explanation.history.session_id,
        "events": len(explanation.every_event),
        "first_position": start,
        "model": explanation.model,
        "candidate": _item(explanation.candidate),
        **plain_contributions(explanation),
        "target": None if explanation.target is None else _item(explanation.target),
        "target_rank": None if explanation.target is None else explanation.target.rank,
        "recommendations": [_item(item) for item in explanation.recommendations],
        "first_look": {
            "explanation": explanation.sentence,
            "status": explanation.status,
            "reasons": [first_look_reason(reason, start) for reason in explanation.reasons],
        },
        "cards": [reason.card for reason in explanation.reasons],
        "predicts_from": explanation.predicts_from,
        "heads": [
            {**_head(reading, start), "effect": explanation.head_effect(reading), **special_share(explanation, reading)}
            for reading in explanation.heads
        ],
        **({"attention_note": explanation.attention_note} if explanation.attention_note else {}),
        "terms": explanation.term_effects,
        "attention": [round(float(weight), 6) for weight in explanation.attention],
    }


def _item(item: RankedItem) -> dict[str, Any]:
    return {key: value for key, value in asdict(item).items() if key != "row"}


def _head(reading: HeadReading, start: int) -> dict[str, Any]:
    plain = asdict(reading) | {"top_positions": [start + position for position in reading.top_positions]}
    measures = plain.pop("measures")
    plain["even_type"] = plain.pop("type_under_uniform")  # the key that scripts rely on
    return {**plain, **measures}


def special_share(explanation: Explanation, reading: HeadReading) -> dict[str, float]:
    """The share of a head's attention on positions without an event.

    Parameters
    ----------
    explanation : Explanation
    reading : HeadReading
        Of the head.

    Returns
    -------
    dict of str to float
        `special_share`, 0 to 1; empty where there are no such positions.
    """
    if not explanation.special_shares.size:
        return {}
    return {"special_share": round(float(explanation.special_shares[reading.layer, reading.head]), 6)}


def plain_checks(verified: Verified | None, catalogue: Catalogue, reader: str) -> dict[str, Any]:
    """Convert the checks to plain values, in addition to those of `as_plain`.

    Parameters
    ----------
    verified : Verified or None
        None for an item that cannot be recommended.
    catalogue : Catalogue
    reader : str
        Whom the sentence is for.

    Returns
    -------
    dict of str to Any
    """
    from streamrec_core.explain.as_json import not_verifiable, plain_values

    return (
        not_verifiable(reader, catalogue.words.noun) if verified is None else plain_values(verified, catalogue, reader)
    )
