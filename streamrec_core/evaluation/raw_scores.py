"""Raw scores of a model on histories laid out in several ways, and ranks of targets under shifted item numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

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
    targets: IntArray | None = None,
    hide_last: bool = False,
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
    targets : (B,) int64 or None
        Next items, which the batch then carries for the last position, as batches do that are learned from.
    hide_last : bool
        Mask the last event of each history in place.

    Returns
    -------
    (B, V) float64
    """
    pad = len(catalogue)
    batch = batch_of(histories, pad, model.max_events)
    batch = _padded(batch, pad, width)
    last = torch.arange(batch.items.shape[1]) == batch.lengths.unsqueeze(1) - 1
    if targets is not None:
        batch = replace(batch, targets=torch.where(last, torch.from_numpy(targets).unsqueeze(1), IGNORE))
    if hide_last:
        batch = replace(batch, hidden=last)
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
