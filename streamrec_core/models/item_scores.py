"""What scores are made of, before any item is scored: training takes all of them, a chunk at a time, or a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

ItemVectors = tuple[Tensor, Tensor | None]
"""Vectors (n, D) that states are multiplied with, and biases (n,), where there are any."""


@dataclass(frozen=True, eq=False)
class ItemScores:
    """P predictions, from which the score of any item is a product and a sum.

    Attributes
    ----------
    states : (P, D)
    rows : callable
        Vectors and biases of these items (n,).
    whole : callable
        Those of the whole catalogue.
    size : int
        V.
    columns : (P, N) int64 or None
        Items whose score gets more than the product: what follows each event of the history; V is padding.
    values : (P, N) or None
        What each of them gets.
    """

    states: Tensor
    rows: Callable[[Tensor], ItemVectors]
    whole: Callable[[], ItemVectors]
    size: int
    columns: Tensor | None = None
    values: Tensor | None = None

    def of(self, items: Tensor) -> Tensor:
        """Scores (P, n) of n different items (n,), the same for every prediction."""
        scores = F.linear(self.states, *self.rows(items))
        if self.columns is None or self.values is None:
            return scores
        at = torch.full((self.size + 1,), len(items), device=items.device)
        at[items] = torch.arange(len(items), device=items.device)
        column = at[self.columns]
        row, entry = torch.nonzero(column < len(items), as_tuple=True)
        return scores.index_put((row, column[row, entry]), self.values[row, entry], accumulate=True)

    def of_each(self, items: Tensor) -> Tensor:
        """Scores (P,) of one item (P,) for each prediction."""
        vectors, bias = self.rows(items)
        scores = (self.states * vectors).sum(1)
        if bias is not None:
            scores = scores + bias
        if self.columns is None or self.values is None:
            return scores
        return scores + (self.values * (self.columns == items.unsqueeze(1))).sum(1)
