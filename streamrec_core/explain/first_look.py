"""The first look: a sentence from attention weights or head contributions, before any check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamrec_core.attention.aggregation import mean_over_heads
from streamrec_core.attention.capture import Maps, session_maps
from streamrec_core.attention.measures import HeadReading, Thresholds, read_head
from streamrec_core.attention.special_positions import attention_note, special_shares
from streamrec_core.attribution.candidate_scores import Values
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.contributions import Contributions, score_contributions
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranked_catalogue import RankedCatalogue, score_histories
from streamrec_core.evaluation.ranking import TOP
from streamrec_core.explain.explain_request import Request
from streamrec_core.explain.first_look_phrases import sentence
from streamrec_core.explain.first_look_reasons import named_reasons, not_against
from streamrec_core.explain.part_effects import part_effects
from streamrec_core.explain.record import Explanation, RankedItem
from streamrec_core.models.protocol import AdditiveModel, SessionModel


def explain_session(
    model: SessionModel, dataset: DataSet, session_id: str, candidate: int | None = None
) -> Explanation:
    """Explain a recommendation for a session of the data set; its last event is the target.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    session_id : str
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.

    Returns
    -------
    Explanation

    Raises
    ------
    BadInput
        There is no such session, it has one event, nothing can be recommended, or the candidate is no row of the
        catalogue.

    Examples
    --------
    >>> from streamrec_core.data.dataset import make_dataset
    >>> from streamrec_core.data.splits import split
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
    >>> from streamrec_core.models.neighbours import item_neighbours
    >>> catalogue = case_study_catalogue()
    >>> log, _ = draw_case_study(catalogue, sessions=200, seed=1)
    >>> about = {"kind": "synthetic", "source": "drawn", "licence": "none needed", "train_positions": "last"}
    >>> dataset = make_dataset(catalogue, log, name="toy", **about)
    >>> model = item_neighbours(log, catalogue, split(dataset).train)
    >>> explanation = explain_session(model, dataset, log.session_ids[0])
    >>> explanation.candidate.rank, explanation.status
    (1, 'first look, not checked')
    """
    session = dataset.log.session(dataset.log.row(session_id))
    if len(session) < 2:
        raise BadInput(f"session {session_id!r} has one event and so no history; choose a longer one")
    return explain_session_at(model, dataset, dataset.log.row(session_id), len(session) - 1, candidate)


def explain_session_at(
    model: SessionModel, dataset: DataSet, row: int, end: int, candidate: int | None = None
) -> Explanation:
    """Explain a recommendation after the first events of a session of the log; the next event is the target.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    row : int
        The session's row in the log.
    end : int
        Events of the history.
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.

    Returns
    -------
    Explanation

    Raises
    ------
    BadInput
        As `explain`.
    """
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
    model : SessionModel
    dataset : DataSet
    history : Session
    target : int or None
        Catalogue row of what came next, where known.
    candidate : int or None
        Catalogue row of the item to explain; the first recommendation when None.
    thresholds : Thresholds or None
        For the types of the heads.

    Returns
    -------
    Explanation

    Raises
    ------
    BadInput
        The history is empty or leaves nothing to recommend, or the candidate is no row of the catalogue.
    """
    return explain_many(model, dataset, [Request(history, target, candidate)], thresholds)[0]


def explain_many(
    model: SessionModel, dataset: DataSet, requests: Sequence[Request], thresholds: Thresholds | None = None
) -> list[Explanation]:
    """Explain many recommendations in few forward passes; each result equals that of `explain`.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    requests : sequence of Request
    thresholds : Thresholds or None
        For the types of the heads.

    Returns
    -------
    list of Explanation
        One a request.

    Raises
    ------
    BadInput
        The history is empty or leaves nothing to recommend, or the candidate is no row of the catalogue.
    """
    if not requests:
        return []
    catalogue = dataset.catalogue
    scored = _scored(model, dataset, [request.history for request in requests])
    cases = [_case(model, dataset, request, scores) for request, scores in zip(requests, scored, strict=True)]
    maps = session_maps(model, [case.history for case in cases], len(catalogue))
    heads = [read_heads(of, case.history, catalogue, thresholds) for of, case in zip(maps, cases, strict=True)]
    special = special_shares(model, [case.history for case in cases], len(catalogue))
    split, added = _contributions(model, catalogue, cases, scored)
    effects = part_effects(model, catalogue, cases, added)
    named = [named_reasons(*parts, catalogue) for parts in zip(cases, maps, heads, effects, strict=True)]
    reasons = not_against(model, catalogue, cases, named)
    parts = zip(requests, scored, cases, maps, heads, effects, split, reasons, special, strict=True)
    return [
        Explanation(
            model=model.name,
            history=case.history,
            maps=attention,
            heads=readings,
            candidate=ranked_item(catalogue, scores, case.candidate),
            target=None if request.target is None else ranked_item(catalogue, scores, request.target),
            recommendations=tuple(ranked_item(catalogue, scores, row) for row in scores.best(TOP).tolist()),
            sentence=sentence([reason.phrase for reason in speaking], catalogue.words),
            reasons=speaking,
            predicts_from=model.predicts_from,
            attention=mean_over_heads(attention),
            head_effects=measured.heads,
            term_effects=measured.terms,
            contributions=summands,
            score=float(scores.scores[case.candidate]),
            catalogue=catalogue,
            special_shares=on_no_event,
            attention_note=attention_note(model, on_no_event),
            whole_history=request.history,
        )
        for request, scores, case, attention, readings, measured, summands, speaking, on_no_event in parts
    ]


def _scored(model: SessionModel, dataset: DataSet, histories: Sequence[Session]) -> list[RankedCatalogue]:
    if not all(map(len, histories)):
        raise BadInput("the history is empty; give at least one item")
    return score_histories(model, dataset.catalogue, histories, dataset.card.filter_seen)


def _contributions(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], scored: Sequence[RankedCatalogue]
) -> tuple[Sequence[Contributions | None], Sequence[Values | None]]:
    """For each case of an additive model, what its score is the sum of, and what heads and events add; else None."""
    if not isinstance(model, AdditiveModel):
        return [None] * len(cases), [None] * len(cases)
    scores = np.stack([of_history.scores for of_history in scored])
    split, added = zip(*score_contributions(model, catalogue, cases, scores), strict=True)
    return split, added


def _case(model: SessionModel, dataset: DataSet, request: Request, scored: RankedCatalogue) -> Case:
    """Build the case of a request: the requested candidate, or the first recommendation.

    A seen item has no probability where seen items are filtered; it alone is then let through the filter.
    """
    first = scored.best(1)
    if not len(first):
        raise BadInput("nothing can be recommended: every item is neutral or has been seen")
    row = int(first[0]) if request.candidate is None else request.candidate
    if not 0 <= row < len(dataset.catalogue):
        raise BadInput(f"candidate row {row} is not in the catalogue of {len(dataset.catalogue):,} items")
    case = case_of(request.history, row, model, dataset.card.filter_seen)
    return replace(case, excluded=case.excluded[case.excluded != row])


def ranked_item(catalogue: Catalogue, scored: RankedCatalogue, row: int) -> RankedItem:
    """Describe a catalogue item with its rank and probability after a history.

    Parameters
    ----------
    catalogue : Catalogue
    scored : RankedCatalogue
        The model's scores after the history.
    row : int
        Catalogue row.

    Returns
    -------
    RankedItem
    """
    return RankedItem(
        row=row,
        item_id=catalogue.item_ids[row],
        title=catalogue.titles[row],
        category=catalogue.category(row),
        rank=scored.rank(row),
        probability=float(scored.probabilities[row]),
    )


def read_heads(
    maps: Maps, history: Session, catalogue: Catalogue, thresholds: Thresholds | None = None
) -> tuple[HeadReading, ...]:
    """Classify every head from the predicting position, the last row of its map, layer by layer.

    Parameters
    ----------
    maps : (layers, H, L, L) float32
    history : Session
    catalogue : Catalogue
    thresholds : Thresholds or None

    Returns
    -------
    tuple of HeadReading
    """
    return tuple(
        read_head(maps[layer, head, -1], history.items, catalogue, (layer, head), thresholds)
        for layer in range(maps.shape[0])
        for head in range(maps.shape[1])
    )
