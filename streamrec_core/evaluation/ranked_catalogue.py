"""The whole catalogue as a model ranks it after one history: ranks, probabilities, order and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from streamrec_core.data.batches import batch_of
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.evaluation.ranking import Values, ranks_of_all, recommendable, seen_items
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class RankedCatalogue:
    """How every catalogue item ranks after one history.

    Attributes
    ----------
    ranks : (V,) int64
        As `Ranking.ranks`, so that one session is counted as in the metrics; 0 for items that cannot be
        recommended.
    probabilities : (V,) float64
        Softmax of the scores over the items that can be recommended.
    order : (n,) int64
        Rows that can be recommended, best first, equal scores in catalogue order.
    scores : (V,) float64
        As the model gives them, also those of items that cannot be recommended.
    """

    ranks: IntArray
    probabilities: Values
    order: IntArray
    scores: Values


def score_history(model: SessionModel, catalogue: Catalogue, history: Session, filter_seen: bool) -> RankedCatalogue:
    """Rank the catalogue after one history.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    history : Session
        The whole one: the model sees its last `max_events` events, the filter all of them.
    filter_seen : bool
        Whether items of the history are excluded.

    Returns
    -------
    RankedCatalogue
    """
    return score_histories(model, catalogue, [history], filter_seen)[0]


def score_histories(
    model: SessionModel, catalogue: Catalogue, histories: Sequence[Session], filter_seen: bool
) -> list[RankedCatalogue]:
    """Rank the catalogue after each of many histories, in one forward pass; see `score_history`.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    histories : sequence of Session
        None of them empty.
    filter_seen : bool
        Whether items of a history are excluded after it.

    Returns
    -------
    list of RankedCatalogue
        In the order of the histories.
    """
    batch = batch_of(histories, len(catalogue), model.max_events).to(device_of(model))
    with torch.inference_mode():
        raw = model.logits(batch)
        scores = recommendable(raw, seen_items(histories) if filter_seen else None, catalogue)
        return [_scored(row, whole) for row, whole in zip(scores, raw, strict=True)]


def _scored(scores: Tensor, raw: Tensor) -> RankedCatalogue:
    """How every item ranks by its scores (V,), -inf where it cannot be recommended; `raw` are the model's own."""
    order = scores.argsort(descending=True, stable=True)
    return RankedCatalogue(
        ranks=ranks_of_all(scores).cpu().numpy(),
        probabilities=scores.double().softmax(0).cpu().numpy(),
        order=order[scores[order].isfinite()].cpu().numpy(),
        scores=raw.double().cpu().numpy(),
    )
