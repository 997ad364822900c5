"""Exact cross-entropy over the catalogue, a few predictions at a time: scores are never all in memory.

The gradient is computed along with the loss, while the scores of a chunk are still in the processor's cache; between
forward and backward pass stands no tensor of predictions x items.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from streamrec_core.models.item_scores import ItemScores

SCORES_AT_ONCE, SCORES_AT_ONCE_GPU = 1_000_000, 32_000_000
"""Scores of a chunk, about: what stays in a processor's cache, and what keeps a GPU busy."""
FEWEST_ROWS = 64
"""Predictions of a chunk at least: fewer waste the product."""


def cross_entropy(scores: ItemScores, targets: Tensor) -> Tensor:
    """Cross-entropy summed over predictions, in nats.

    Parameters
    ----------
    scores : ItemScores
        Of P predictions.
    targets : (P,) int64

    Returns
    -------
    Tensor
        A scalar.
    """
    loss: Tensor = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
        scores.states, *scores.whole(), scores.values, scores.columns, targets
    )
    return loss


class _CrossEntropy(torch.autograd.Function):
    """Takes states (P, D), item vectors (V, D), biases (V,) or None, and follower values (P, N) or None, all of which
    get a gradient; then follower columns (P, N) or None, and targets (P,).
    """

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        states, table, bias, values, columns, targets = inputs
        learned = (states, table, bias, values)
        gradients = [
            torch.zeros_like(value) if value is not None and value.requires_grad else None for value in learned
        ]
        loss = states.new_zeros((), dtype=torch.float64)
        step = _rows_at_once(len(table), SCORES_AT_ONCE if states.device.type == "cpu" else SCORES_AT_ONCE_GPU)
        for start in range(0, len(targets), step):
            part = slice(start, start + step)
            chunk = _Chunk(states[part], table, bias)
            if columns is not None:
                chunk.add(columns[part], values[part])
            loss += chunk.to_slope(targets[part]).double()
            if any(gradient is not None for gradient in gradients):
                chunk.add_gradients(gradients, part)
        ctx.gradients = gradients
        return loss.to(states.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        return (*(None if gradient is None else gradient * outer for gradient in ctx.gradients), None, None)


class _Chunk:
    """A few predictions: their scores (R, V), in whose place their slopes are put."""

    def __init__(self, states: Tensor, table: Tensor, bias: Tensor | None) -> None:
        self.states, self.table = states, table
        product = states @ table.T
        self.scores = product if bias is None else product.add_(bias)
        self.real: Tensor | None = None

    def add(self, columns: Tensor, values: Tensor) -> None:
        """Add what some items get beyond the product (R, N), padding left out."""
        size = len(self.table)
        self.real = columns < size
        rows = torch.arange(len(columns), device=columns.device).unsqueeze(1)
        self.at = (rows * size + columns)[self.real]
        self.scores.view(-1).index_add_(0, self.at, values[self.real])

    def to_slope(self, targets: Tensor) -> Tensor:
        """Turn scores into d loss / d scores, which is the softmax less 1 at the target; returns the summed loss."""
        target = targets.unsqueeze(1)
        of_target, best = self.scores.gather(1, target), self.scores.amax(1, keepdim=True)
        total = self.scores.sub_(best).exp_().sum(1, keepdim=True)
        self.scores.div_(total).scatter_add_(1, target, -torch.ones_like(total))
        return (best + total.log() - of_target).sum()

    def add_gradients(self, gradients: Sequence[Tensor | None], part: slice) -> None:
        """Write the gradients of what belongs to these predictions, and add to those of the catalogue."""
        of_states, of_table, of_bias, of_values = gradients
        if of_states is not None:
            of_states[part] = self.scores @ self.table
        if of_table is not None:
            of_table.addmm_(self.scores.T, self.states)
        if of_bias is not None:
            of_bias += self.scores.sum(0)
        if of_values is not None and self.real is not None:
            of_values[part][self.real] = self.scores.view(-1)[self.at]


def _rows_at_once(items: int, scores: int) -> int:
    return max(FEWEST_ROWS, scores // items)
