"""The first look: what the heads attended to, as a sentence that nobody has checked yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamrec_core.attention.aggregation import mean_over_heads
from streamrec_core.attention.capture import Maps, session_maps
from streamrec_core.attention.measures import HeadReading, Thresholds, Weights, read_head, same_category
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.agreement import EQUAL
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.contributions import case_contributions, contributions
from streamrec_core.attribution.removal import Values, remove
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import last_non_neutral
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import TOP, Scored, score_history
from streamrec_core.explain.record import Explanation, RankedItem, Reason
from streamrec_core.explain.wording import CARDS, OTHER_CATEGORY, PHRASES, UNEARNED, joined, sentence
from streamrec_core.models.protocol import AdditiveModel, SessionModel

MOST_REASONS = 3
TOGETHER_FROM = 0.5
"""Nats that all heads of an additive model together must be worth to a candidate for any of them to be heard."""
SPEAKS_FROM = 0.02
"""Nats that a head must then be worth by itself; heads that say the same cover for each other, so this is little."""


def explain_session(
    model: SessionModel, dataset: DataSet, session_id: str, candidate: int | None = None
) -> Explanation:
    """Explain a recommendation for a session of the data set; its last event is the target.

    Parameters
    ----------
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.

    Raises
    ------
    BadInput
        There is no such session, or the candidate cannot be recommended.
    """
    session = dataset.log.session(dataset.log.row(session_id))
    if len(session) < 2:
        raise BadInput(f"session {session_id!r} has one event and so no history; choose a longer one")
    return explain_session_at(model, dataset, dataset.log.row(session_id), len(session) - 1, candidate)


def explain_session_at(
    model: SessionModel, dataset: DataSet, row: int, end: int, candidate: int | None = None
) -> Explanation:
    """Explain a recommendation after the first `end` events of a session of the log; the next one is the target."""
    session = dataset.log.session(row)
    history = session.until(end)
    return explain(model, dataset, history, int(session.items[end]), candidate)


def explain(
    model: SessionModel,
    dataset: DataSet,
    history: Session,
    target: int | None = None,
    candidate: int | None = None,
    thresholds: Thresholds | None = None,
) -> Explanation:
    """Explain a recommendation after any history.

    Parameters
    ----------
    target : int or None
        Catalogue row of what came next, where known.
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.

    Raises
    ------
    BadInput
        The history is empty or leaves nothing to recommend, or the candidate is no row of the catalogue.
    """
    catalogue = dataset.catalogue
    if not len(history):
        raise BadInput("the history is empty; give at least one item")
    scored = score_history(model, catalogue, history, dataset.card.filter_seen)
    if not len(scored.order):
        raise BadInput("nothing can be recommended: every item is neutral or has been seen")
    row = int(scored.order[0]) if candidate is None else candidate
    if not 0 <= row < len(catalogue):
        raise BadInput(f"candidate row {row} is not in the catalogue of {len(catalogue):,} items")
    seen = Session(history.session_id, history.items[-model.max_events :], history.engagements[-model.max_events :])
    (maps,) = session_maps(model, [seen], len(catalogue))
    heads = read_heads(maps, seen, catalogue, thresholds)
    case = _case(model, dataset, history, row)
    effects = None if case is None else switch_off_each(model, catalogue, [case])
    speaking, weights, parts = heads, maps[:, :, -1:].sum(2, dtype=np.float64), None
    if isinstance(model, AdditiveModel):
        parts = contributions(model, history, [row])
        added = np.zeros_like(parts.values[0]) if case is None else case_contributions(model, catalogue, [case])[0]
        speaking = () if effects is None else speakers(heads, added.sum(2), float(effects.together[0]))
        weights = added
    reasons = _not_against(model, dataset, case, find_reasons(weights, speaking, seen, catalogue, row))
    return Explanation(
        model=model.name,
        history=seen,
        maps=maps,
        heads=heads,
        candidate=ranked_item(catalogue, scored, row),
        target=None if target is None else ranked_item(catalogue, scored, target),
        recommendations=tuple(ranked_item(catalogue, scored, int(top)) for top in scored.order[:TOP]),
        sentence=sentence([reason.phrase for reason in reasons]),
        reasons=reasons,
        predicts_from=model.predicts_from,
        attention=mean_over_heads(maps),
        head_effects=np.zeros((0, 0)) if effects is None else effects.heads[0],
        term_effects={} if effects is None else {name: float(one[0]) for name, one in effects.terms.items()},
        contributions=parts,
        score=float(scored.scores[row]),
    )


def _case(model: SessionModel, dataset: DataSet, history: Session, row: int) -> Case | None:
    """What is explained; None for a neutral item, which has no probability.

    An item that was seen has none either where seen items are filtered; it alone is then let through the filter.
    """
    if dataset.catalogue.neutral[row]:
        return None
    case = case_of(history, row, model, dataset.card.filter_seen)
    return replace(case, barred=case.barred[case.barred != row])


def _not_against(
    model: SessionModel, dataset: DataSet, case: Case | None, reasons: Sequence[Reason]
) -> tuple[Reason, ...]:
    """The first `MOST_REASONS` reasons whose events, taken away together, do not make the candidate likelier.

    Attention has no sign, and a contribution's is that of one head: without this look at direction, and it is no more
    than that, a first look names events that speak against the title (in 43 % of sessions, measured).
    """
    if case is None or not reasons:
        return ()
    (removal,) = remove(model, dataset.catalogue, [(case, [reason.positions for reason in reasons])])
    speaking = [reason for reason, effect in zip(reasons, removal.effect, strict=True) if effect >= -EQUAL]
    return tuple(speaking[:MOST_REASONS])


def speakers(heads: Sequence[HeadReading], added: Values, together: float) -> tuple[HeadReading, ...]:
    """The heads that speak for the candidate, the most telling first.

    Parameters
    ----------
    heads : sequence of HeadReading
    added : (layers, H)
        What each head adds to the candidate's score against the other titles; below `SPEAKS_FROM` it says nothing.
    together : float
        Fall of the candidate's log-probability without all heads at once; below `TOGETHER_FROM` nobody speaks.
    """
    if together < TOGETHER_FROM:
        return ()
    spoken = [head for head in heads if added[head.layer, head.head] >= SPEAKS_FROM]
    return tuple(sorted(spoken, key=lambda head: -added[head.layer, head.head]))


def ranked_item(catalogue: Catalogue, scored: Scored, row: int) -> RankedItem:
    """A catalogue item with its rank and probability after a history."""
    return RankedItem(
        row=row,
        item_id=catalogue.item_ids[row],
        title=catalogue.titles[row],
        category=catalogue.category(row),
        rank=int(scored.ranks[row]),
        probability=float(scored.probabilities[row]),
    )


def read_heads(
    maps: Maps, history: Session, catalogue: Catalogue, thresholds: Thresholds | None = None
) -> tuple[HeadReading, ...]:
    """Read every head from the predicting position, the last row of its map, layer by layer."""
    return tuple(
        read_head(maps[layer, head, -1], history.items, catalogue, (layer, head), thresholds)
        for layer in range(maps.shape[0])
        for head in range(maps.shape[1])
    )


def find_reasons(
    weights: Values, heads: Sequence[HeadReading], history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason, ...]:
    """What heads name, in their order; what says the same is merged.

    Parameters
    ----------
    weights : (layers, H, L)
        How much each head makes of each event: what it adds to the candidate or, where that is not known, attention.
    heads : sequence of HeadReading
    history : Session
    catalogue : Catalogue
    candidate : int
        Catalogue row.

    Two reasons say the same when they name the same title or the same category. Neutral items are never named.
    """
    found: dict[tuple[str, str], Reason] = {}
    for reading in heads:
        reason, key = _reason(reading, weights[reading.layer, reading.head], history, catalogue, candidate)
        if reason is None:
            continue
        if key in found:
            reason = replace(
                found[key],
                heads=(*found[key].heads, *reason.heads),
                positions=tuple(sorted({*found[key].positions, *reason.positions})),
                earned=found[key].earned or reason.earned,
                note=found[key].note if not reason.earned else reason.note,
            )
        found[key] = reason
    return tuple(found.values())


def _reason(
    reading: HeadReading, weights: Weights, history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason | None, tuple[str, str]]:
    """What one head says, and what it speaks of."""
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
    title = catalogue.titles[int(history.items[position])]
    reason = Reason(
        kind=reading.type,
        phrase=PHRASES[reading.type].format(title=title),
        card=CARDS[reading.type].format(title=title),
        heads=((reading.layer, reading.head),),
        positions=(position,),
        earned=reading.type != reading.even_type,
    )
    return reason, ("item", title)


def _category_reason(
    reading: HeadReading, weights: Weights, history: Session, catalogue: Catalogue, candidate: int
) -> tuple[Reason | None, tuple[str, str]]:
    same = np.flatnonzero(same_category(history.items, catalogue))
    code = int(catalogue.category_of[history.items[last_non_neutral(history.items, catalogue)]])
    category, own = catalogue.categories[code], catalogue.category(candidate)
    heaviest = same[np.argsort(-weights[same], kind="stable")]
    titles = list(dict.fromkeys(catalogue.titles[history.items[position]] for position in heaviest))[:2]
    earned = reading.type != reading.even_type
    notes = [OTHER_CATEGORY.format(found=own, category=category)] if own != category else []
    notes += [] if earned else [UNEARNED]
    reason = Reason(
        kind="category",
        phrase=PHRASES["category"].format(category=category),
        card=CARDS["category"].format(category=category, titles=joined(titles)),
        heads=((reading.layer, reading.head),),
        positions=tuple(int(position) for position in same),
        earned=earned,
        note=" ".join(notes),
    )
    return reason, ("category", category)
