"""Rank the whole catalogue for a batch of histories; never a sample of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch, BatchSource, batch_of
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.models.protocol import SessionModel

TOP = 10
EVALUATION_BATCH = 256


@dataclass(frozen=True, eq=False)
class Ranking:
    """What a model made of M examples, in the order of the examples.

    Attributes
    ----------
    ranks : (M,) int64
        Rank of the target among all items that can be recommended, 1 at best. Of items with equal scores half
        stand before the target, so that a model that scores everything alike gains nothing; V + 1 where the
        target was filtered out.
    top : (M, 10) int64
        Catalogue rows of the ten recommendations.
    """

    ranks: IntArray
    top: IntArray


def rank(model: SessionModel, dataset: DataSet, examples: Examples, filter_seen: bool | None = None) -> Ranking:
    """Rank the catalogue for every example; `filter_seen` overrides the data set's own setting."""
    ranks = np.zeros(len(examples), np.int64)
    top = np.zeros((len(examples), min(TOP, len(dataset.catalogue))), np.int64)
    targets = torch.from_numpy(examples.targets(dataset.log))
    seen = dataset.card.filter_seen if filter_seen is None else filter_seen
    for places, scores in score(model, dataset, examples, seen):
        own = scores.gather(1, targets[places].unsqueeze(1))
        ranks[places] = (1 + (scores > own).sum(1) + ((scores == own).sum(1) - 1) // 2).numpy()
        ranks[places[(own.squeeze(1) == float("-inf")).numpy()]] = len(dataset.catalogue) + 1
        top[places] = scores.topk(top.shape[1], dim=1).indices.numpy()
    return Ranking(ranks, top)


def score(
    model: SessionModel, dataset: DataSet, examples: Examples, filter_seen: bool
) -> Iterator[tuple[IntArray, Tensor]]:
    """Scores (B, V) by batch, with the places of the batch's examples; what cannot be recommended is -inf."""
    # Seen items are filtered over the whole history, also what lies before the model's window.
    longest = int(examples.ends.max()) if filter_seen else model.max_events
    source = BatchSource(dataset.log, dataset.catalogue, examples, max(longest, model.max_events), EVALUATION_BATCH)
    with torch.inference_mode():
        for places, batch in source.in_order():
            scores = model.logits(window(batch, model.max_events, len(dataset.catalogue)))
            yield places, recommendable(scores, batch if filter_seen else None, dataset.catalogue)


def recommendable(scores: Tensor, seen: Batch | None, catalogue: Catalogue) -> Tensor:
    """Scores (B, V) with -inf for neutral items, for scores that are no number and for the items of `seen`, if any."""
    barred = torch.from_numpy(catalogue.neutral).expand(scores.shape)
    if seen is not None:
        padded = torch.cat([barred, barred.new_zeros(len(scores), 1)], dim=1)
        barred = padded.scatter(1, seen.items, True)[:, :-1]
    return scores.masked_fill(barred | scores.isnan(), float("-inf"))


def window(batch: Batch, max_events: int, pad: int) -> Batch:
    """The last `max_events` events of each history of a batch."""
    if batch.items.shape[1] <= max_events:
        return batch
    lengths = batch.lengths.clamp(max=max_events)
    # (B, 1) + (L',) -> (B, L') places of the last events
    places = (batch.lengths - lengths).unsqueeze(1) + torch.arange(int(lengths.max()))
    inside = places < batch.lengths.unsqueeze(1)
    places = places.clamp(max=batch.items.shape[1] - 1)
    items = torch.where(inside, batch.items.gather(1, places), pad)
    return Batch(items, torch.where(inside, batch.engagements.gather(1, places), 0), lengths)


@dataclass(frozen=True, eq=False)
class Scored:
    """Every catalogue item's place in the ranking after one history.

    Attributes
    ----------
    ranks : (V,) int64
        1 is best; 0 for items that cannot be recommended.
    probabilities : (V,) float64
        Softmax of the scores over the items that can be recommended.
    order : (n,) int64
        Rows that can be recommended, best first.
    scores : (V,) float64
        As the model gives them, also those of items that cannot be recommended.
    """

    ranks: IntArray
    probabilities: npt.NDArray[np.float64]
    order: IntArray
    scores: npt.NDArray[np.float64]


def score_history(model: SessionModel, catalogue: Catalogue, history: Session, filter_seen: bool) -> Scored:
    """Rank the catalogue after one history; the model sees its last `max_events` events."""
    batch = batch_of([history], len(catalogue), max_events=len(history))
    with torch.inference_mode():
        raw = model.logits(window(batch, model.max_events, len(catalogue)))
        scores = recommendable(raw, batch if filter_seen else None, catalogue)[0].double()
        probabilities = scores.softmax(0).numpy()
        order = scores.argsort(descending=True, stable=True).numpy()
    order = order[np.isfinite(scores.numpy()[order])]
    ranks = np.zeros(len(catalogue), np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return Scored(ranks, probabilities, order, raw[0].double().numpy())
