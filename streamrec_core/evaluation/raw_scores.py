"""Raw scores of a model on histories laid out in several ways, and ranks of targets under shifted item numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.batches import IGNORE, Batch, BatchSource, batch_of
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.ranking import EVALUATION_BATCH, recommendable, seen_items, target_ranks
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel

Values = npt.NDArray[np.float64]


def raw_scores(
    model: SessionModel,
    catalogue: Catalogue,
    histories: Sequence[Session],
    width: int = 0,
    later_items: IntArray | None = None,
) -> Values:
    """Score histories in one forward pass, with nothing excluded and nothing remembered from earlier calls.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    histories : sequence of Session
        B of them; each is cut to the model's `max_events`.
    width : int
        Pad the batch to at least so many events.
    later_items : (B,) int64 or None
        Items written behind the end of each history, where padding stands otherwise, and as targets of the batch: a
        model that reads its history alone gives the same scores.

    Returns
    -------
    (B, V) float64
    """
    pad = len(catalogue)
    batch = batch_of(histories, pad, model.max_events)
    batch = _padded(batch, pad, width if later_items is None else max(width, batch.items.shape[1] + 1))
    if later_items is not None:
        batch = _with_later(batch, torch.from_numpy(later_items))
    getattr(model, "forget", lambda: None)()  # a model that remembers scores would agree with itself
    with torch.inference_mode():
        scores = model.logits(batch.to(device_of(model)))
    numbers: Values = scores.double().cpu().numpy()
    return numbers


def _padded(batch: Batch, pad: int, width: int) -> Batch:
    """The batch with padding up to `width` events."""
    more = max(0, width - batch.items.shape[1])
    items = torch.nn.functional.pad(batch.items, (0, more), value=pad)
    return replace(batch, items=items, engagements=torch.nn.functional.pad(batch.engagements, (0, more)))


def _with_later(batch: Batch, later: Tensor) -> Batch:
    """The batch with an item (B,) behind the end of each history, and as the target of its last event."""
    rows, items = torch.arange(len(batch)), batch.items.clone()
    items[rows, batch.lengths] = later
    targets = torch.full_like(items, IGNORE)
    targets[rows, batch.lengths - 1] = later
    return replace(batch, items=items, targets=targets)


def shifted_ranks(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    order: IntArray,
    history_shift: int,
    target_shifts: Sequence[int],
) -> dict[int, IntArray]:
    """Ranks of targets where items are taken for their neighbours in an order.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        M of them.
    order : (V,) int64
        Catalogue rows in the order in which the model numbers its items.
    history_shift : int
        Each item of a history is replaced by the item so many places further in the order.
    target_shifts : sequence of int
        The item so many places after the target is ranked in its stead.

    Returns
    -------
    dict of int to (M,) int64
        By target shift: ranks as `target_ranks` counts them.
    """
    catalogue, seen = dataset.catalogue, dataset.card.filter_seen
    moved = np.append(_shifted(order, history_shift), len(catalogue))
    shifted_items = torch.from_numpy(moved)
    shifted_targets = {
        shift: torch.from_numpy(_shifted(order, shift)[examples.targets(dataset.log)]) for shift in target_shifts
    }
    ranks = {shift: np.zeros(len(examples), np.int64) for shift in target_shifts}
    source = BatchSource(dataset.log, catalogue, examples, model.max_events, EVALUATION_BATCH)
    with torch.inference_mode():
        for rows, batch in source.in_order():
            shifted = replace(batch, items=shifted_items[batch.items]).to(device_of(model))
            histories, items = seen_items(examples.take(rows).histories(dataset.log))
            scores = recommendable(model.logits(shifted), (histories, moved[items]) if seen else None, catalogue)
            for shift, targets in shifted_targets.items():
                ranks[shift][rows] = target_ranks(scores, targets[rows].to(scores.device)).numpy()
    return ranks


def _shifted(order: IntArray, shift: int) -> IntArray:
    """(V,) for each catalogue row the row of the item `shift` places further in the order, around its end."""
    following = np.empty(len(order), np.int64)
    following[order] = np.roll(order, -shift)
    return following
