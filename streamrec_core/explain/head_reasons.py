"""Reasons from heads: which heads support a title, and the event or category that each points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamrec_core.attention.measures import HeadReading, Weights, same_category
from streamrec_core.attribution.candidate_scores import Values
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.data.nouns import in_log_words, in_noun
from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.splits import last_non_neutral
from streamrec_core.explain.first_look_phrases import CARDS, OTHER_CATEGORY, PHRASES, UNIFORM_TOO, joined
from streamrec_core.explain.record import Reason

TOGETHER_FROM = 0.5
"""Nats that all heads of an additive model together must add to a candidate for any of them to count."""
SPEAKS_FROM = 0.02
"""Nats that a head must then add by itself; little, since redundant heads compensate for each other."""


def supporting_heads(heads: Sequence[HeadReading], added: Values, together: float) -> tuple[HeadReading, ...]:
    """Select the heads that support the candidate, the largest contribution first.

    Parameters
    ----------
    heads : sequence of HeadReading
    added : (layers, H)
        What each head adds to the candidate's score against the other titles; below `SPEAKS_FROM` it is left out.
    together : float
        Fall of the candidate's log-probability without all heads at once; below `TOGETHER_FROM` no head counts.

    Returns
    -------
    tuple of HeadReading
    """
    if together < TOGETHER_FROM:
        return ()
    spoken = [head for head in heads if added[head.layer, head.head] >= SPEAKS_FROM]
    return tuple(sorted(spoken, key=lambda head: -added[head.layer, head.head]))


def find_reasons(
    weights: Values, heads: Sequence[HeadReading], history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason, ...]:
    """Read the reasons from heads, in their order; reasons that name the same title or category are merged.

    Parameters
    ----------
    weights : (layers, H, L)
        Weight of each event in each head: what it adds to the candidate or, where that is unknown, attention.
    heads : sequence of HeadReading
    history : Session
    catalogue : Catalogue
    candidate : int
        Catalogue row.

    Returns
    -------
    tuple of Reason
        Neutral items are never named.
    """
    merged: dict[tuple[str, str], Reason] = {}
    for reading in heads:
        reason, key = _reason(reading, weights[reading.layer, reading.head], history, catalogue, candidate)
        if reason is None:
            continue
        if key in merged:
            reason = replace(
                merged[key],
                heads=(*merged[key].heads, *reason.heads),
                positions=tuple(sorted({*merged[key].positions, *reason.positions})),
                beyond_uniform=merged[key].beyond_uniform or reason.beyond_uniform,
                note=merged[key].note if not reason.beyond_uniform else reason.note,
            )
        merged[key] = reason
    return tuple(merged.values())


def _reason(
    reading: HeadReading, weights: Weights, history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason | None, tuple[str, str]]:
    """Read one head's reason, with the key of what it names."""
    if reading.type == "category":
        return _category_reason(reading, weights, history, catalogue, candidate)
    if reading.type in ("recency", "focused"):
        return _item_reason(reading, weights, history, catalogue)
    return None, ("", "")


def _item_reason(
    reading: HeadReading, weights: Weights, history: Session, catalogue: Catalogue
) -> tuple[Reason | None, tuple[str, str]]:
    neutral = catalogue.neutral[history.items]
    position = int(np.argmax(weights))
    if neutral[position]:
        return None, ("", "")
    title = shown_text(catalogue.titles[int(history.items[position])])
    reason = Reason(
        kind=reading.type,
        phrase=in_log_words(PHRASES[reading.type], catalogue.words).format(title=title),
        card=in_log_words(CARDS[reading.type], catalogue.words).format(title=title),
        heads=((reading.layer, reading.head),),
        positions=(position,),
        beyond_uniform=reading.type != reading.type_under_uniform,
    )
    return reason, ("item", title)


def _category_reason(
    reading: HeadReading, weights: Weights, history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason | None, tuple[str, str]]:
    same = np.flatnonzero(same_category(history.items, catalogue))
    code = int(catalogue.category_of[history.items[last_non_neutral(history.items, catalogue)]])
    category, candidate_category = shown_text(catalogue.categories[code]), shown_text(catalogue.category(candidate))
    heaviest = same[np.argsort(-weights[same], kind="stable")]
    titles = list(dict.fromkeys(catalogue.titles[history.items[position]] for position in heaviest))[:2]
    beyond_uniform = reading.type != reading.type_under_uniform
    other = in_noun(OTHER_CATEGORY, catalogue.words.noun).format(found=candidate_category, category=category)
    notes = [other] if candidate_category != category else []
    notes += [] if beyond_uniform else [UNIFORM_TOO]
    reason = Reason(
        kind="category",
        phrase=PHRASES["category"].format(category=category),
        card=CARDS["category"].format(category=category, titles=joined([shown_text(title) for title in titles])),
        heads=((reading.layer, reading.head),),
        positions=tuple(int(position) for position in same),
        beyond_uniform=beyond_uniform,
        note=" ".join(notes),
    )
    return reason, ("category", category)
