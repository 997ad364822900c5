"""Why a title was not shown, and what would bring it on the list, as plain values."""

from __future__ import annotations

from typing import Any

from streamrec_core.attribution.bring_in_record import BringIn
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.explain.why_not import WhyNot, bring_in_words


def why_not_as_plain(answer: WhyNot, catalogue: Catalogue) -> dict[str, Any]:
    """A why-not answer as plain values, under the names that scripts rely on.

    Parameters
    ----------
    answer : WhyNot
    catalogue : Catalogue

    Returns
    -------
    dict
    """
    plain = {name: entry for name, entry in vars(answer).items() if name not in ("records", "bring_in", "noun")}
    return plain | {
        "text": answer.text,
        "records": [vars(record) for record in answer.records],
        "bring_in": None if answer.bring_in is None else bring_in_as_plain(answer.bring_in, catalogue),
    }


def bring_in_as_plain(lift: BringIn, catalogue: Catalogue) -> dict[str, Any]:
    """What would bring a title on the list, as plain values.

    Parameters
    ----------
    lift : BringIn
    catalogue : Catalogue

    Returns
    -------
    dict
    """
    edits = [
        {
            "kind": edit.kind,
            "position": None if edit.position is None else lift.start + edit.position,
            "item_id": catalogue.item_ids[edit.row],
            "title": name,
        }
        for edit, name in zip(lift.edits or (), lift.names, strict=True)
    ]
    return {
        "title": lift.title,
        "k": lift.k,
        "rank": lift.rank,
        "valid": lift.edits is not None,
        "size": lift.size,
        "edits": edits,
        "rank_after": lift.rank_after,
        "recommended": [catalogue.item_ids[row] for row in lift.recommended],
        "tried": lift.tried,
        "model_calls": lift.calls,
        "items": lift.items,
        "text": bring_in_words(lift, catalogue.words.noun),
    }
