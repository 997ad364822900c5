"""The whole catalogue as a model ranks it after one history: ranks, probabilities, order and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import batch_of
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import Session
from streamrec_core.evaluation.ranking import Values, best_first, ranks_of_all, recommendable, seen_items
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class RankedCatalogue:
    """How every catalogue item ranks after one history. Sorting a large catalogue takes long: see `best` and `rank`.

    Attributes
    ----------
    masked : (V,) float32
        The scores, -inf for items that cannot be recommended.
    scores : (V,) float64
        As the model gives them, also those of items that cannot be recommended.
    """

    masked: Values
    scores: Values

    @cached_property
    def ranks(self) -> IntArray:
        """(V,) as `Ranking.ranks`, so that one session is counted as in the metrics; 0 for what is not recommended."""
        ranks: IntArray = ranks_of_all(self._tensor()).numpy()
        return ranks

    @cached_property
    def probabilities(self) -> Values:
        """(V,) softmax of the scores over the items that can be recommended."""
        shares: Values = self._tensor().double().softmax(0).numpy()
        return shares

    @cached_property
    def order(self) -> IntArray:
        """(n,) rows that can be recommended, best first, equal scores in catalogue order."""
        scores = self._tensor()
        order = scores.argsort(descending=True, stable=True)
        rows: IntArray = order[scores[order].isfinite()].numpy()
        return rows

    def best(self, k: int) -> IntArray:
        """The first k rows of `order`, without sorting the others."""
        masked = self._tensor()
        scores = masked.where(masked.isfinite(), float("-inf"))
        rows = best_first(scores.unsqueeze(0), min(k, len(scores)))[0]
        first: IntArray = rows[scores[rows].isfinite()].numpy()
        return first

    def rank(self, row: int) -> int:
        """What `ranks` has for one row, without sorting the others."""
        score = self.masked[row]
        if score == -np.inf:
            return 0
        better, equal = int((self.masked > score).sum()), int((self.masked == score).sum())
        return 1 + better + (equal - 1) // 2

    def _tensor(self) -> Tensor:
        """A copy of `masked`, which may be read-only, as what visitors share is."""
        return torch.tensor(self.masked)


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
    return RankedCatalogue(masked=scores.cpu().numpy(), scores=raw.double().cpu().numpy())
