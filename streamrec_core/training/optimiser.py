"""How weights move: the loss, the optimiser, and how fast it goes at each step."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from streamrec_core.data.batches import IGNORE, Batch
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.settings import TrainingSettings

TARGETS_FOR_FULL_RATE = 50
"""Training targets an item needs in an epoch for its embedding to learn at the full rate."""


def make_optimiser(model: SequenceModel, settings: TrainingSettings, rate: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019); weight decay spares biases and norms; items learn at a rate of their own."""
    items = model.embedding.items.weight
    decayed = [value for value in model.parameters() if value.dim() > 1 and value is not items]
    spared = [value for value in model.parameters() if value.dim() <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": spared, "weight_decay": 0.0},
        {"params": [items], "weight_decay": settings.weight_decay, "rate": rate},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, settings.beta2))


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
    """
    return min(1.0, targets / (items * TARGETS_FOR_FULL_RATE))


def learning_rate(settings: TrainingSettings, step: int, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0."""
    warm = min(1.0, (step + 1) / settings.warmup_steps) if settings.warmup_steps else 1.0
    return settings.learning_rate * warm * SCHEDULES[settings.schedule](step / steps_per_epoch, settings.epochs)


def batch_loss(model: SequenceModel, batch: Batch) -> tuple[Tensor, int]:
    """Mean cross-entropy over the positions with a target (0 where there is none), and how many there are."""
    assert batch.targets is not None
    learned = batch.targets != IGNORE
    # (B, L, D) -> (P, D), the P positions that are learned from
    states = model.states(model.embed(batch), batch)[learned]
    targets = batch.targets[learned]
    return F.cross_entropy(model.scores(states), targets, reduction="sum") / max(1, len(targets)), len(targets)
