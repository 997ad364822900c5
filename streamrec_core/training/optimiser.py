"""Loss, optimiser and learning rate schedule of training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from streamrec_core.data.batches import IGNORE, Batch
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.cross_entropy import cross_entropy
from streamrec_core.training.large_catalogue import NegativeSampler, RowwiseAdamW, sampled_loss
from streamrec_core.training.settings import TrainingSettings

TARGETS_FOR_FULL_RATE = 50
"""Training targets an item needs in an epoch for its embedding to learn at the full rate."""


ROWWISE_RATE = 10.0
"""Learning rate of row-wise Adagrad relative to that of Adam: its steps shrink with every further one."""


def make_optimiser(
    model: SequenceModel, settings: TrainingSettings, rate: float, rowwise: bool = False
) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019).

    Weight decay spares biases, norms and named terms. Terms learn at a rate of their own, and item embeddings and item
    biases at theirs: both are rows that few targets hit.

    Parameters
    ----------
    model : SequenceModel
    settings : TrainingSettings
    rate : float
        Learning rate of item embeddings relative to the rest.
    rowwise : bool
        Whether gradients of item embeddings are sparse, and updates row by row (`RowwiseAdamW`).

    Returns
    -------
    torch.optim.AdamW
    """
    items, terms = model.embedding.items.weight, model.readable_parameters()
    bias = [] if model.embedding.item_bias is None else [model.embedding.item_bias]
    separate = {id(items), *(id(value) for value in (*terms, *bias))}
    others = [value for value in model.parameters() if id(value) not in separate]
    groups: list[dict[str, Any]] = [
        {"params": [value for value in others if value.dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [value for value in others if value.dim() <= 1], "weight_decay": 0.0},
        {"params": [items], "weight_decay": settings.weight_decay, "rate": rate * (ROWWISE_RATE if rowwise else 1)},
    ]
    if rowwise:
        groups[-1] |= {"rowwise": True, "weight_decay": 0.0}
    for values, their_rate in ((terms, settings.term_rate), (bias, rate)):
        if values:
            groups.append({"params": values, "weight_decay": 0.0, "rate": their_rate})
    kind = RowwiseAdamW if rowwise else torch.optim.AdamW
    return kind(groups, lr=settings.learning_rate, betas=(0.9, settings.beta2))


SCHEDULES: dict[str, Callable[[float, int], float]] = {
    "cosine": lambda passed, epochs: 0.5 * (1 + math.cos(math.pi * min(1.0, passed / epochs))),
    "halving": lambda passed, epochs: 0.5**passed,
    "constant": lambda passed, epochs: 1.0,
}
"""Share of the learning rate after so many epochs (with a fraction) of all epochs."""


def item_rate(targets: int, items: int) -> float:
    """How fast item embeddings learn, relative to all else: 1 from `TARGETS_FOR_FULL_RATE` targets an item.

    Adam moves a row that is hit three times an epoch as far as one hit three hundred times, so rare targets
    become noise; below the full rate they count by how much is known of an item.

    Parameters
    ----------
    targets : int
        Positions that one pass learns from.
    items : int
        Of the catalogue.

    Returns
    -------
    float
    """
    return min(1.0, targets / (items * TARGETS_FOR_FULL_RATE))


def learning_rate(settings: TrainingSettings, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step.

    Parameters
    ----------
    settings : TrainingSettings
    step : int
        Counted from 0, over all epochs.
    steps_per_epoch : int

    Returns
    -------
    float
    """
    warm = min(1.0, (step + 1) / settings.warmup_steps) if settings.warmup_steps else 1.0
    return settings.learning_rate * warm * SCHEDULES[settings.schedule](step / steps_per_epoch, settings.epochs)


def batch_loss(model: SequenceModel, batch: Batch, sampler: NegativeSampler | None = None) -> tuple[Tensor, int]:
    """Mean cross-entropy over the positions with a target; 0 where there is none.

    It is exact unless there is a sampler.

    Parameters
    ----------
    model : SequenceModel
    batch : Batch
        With targets.
    sampler : NegativeSampler or None
        Draws the items that targets are compared with.

    Returns
    -------
    loss : Tensor
        A scalar, in nats.
    count : int
        Positions with a target.
    """
    assert batch.targets is not None
    learned = batch.targets != IGNORE
    targets = batch.targets[learned]  # (P,), the positions that are learned from
    scores = model.learning_state(batch, learned)
    loss = cross_entropy(scores, targets) if sampler is None else sampled_loss(scores, targets, *sampler.draw())
    return loss / max(1, len(targets)), len(targets)
