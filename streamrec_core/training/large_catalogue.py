"""Training over a large catalogue: sampled softmax, and item vectors updated row by row.

With all items a step takes time and gradients of the size of the catalogue. Here the loss compares a target with items
that are sampled once for the whole batch, gradients of item vectors are sparse, and their optimiser keeps one figure a
row instead of two a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from streamrec_core.data.catalogue import IntArray
from streamrec_core.models.item_scores import ItemScores

FULL_SOFTMAX_ITEMS = 50_000
"""Up to so many items a target is compared with all of them."""
NEGATIVES = 8_192
"""Items drawn for each batch where the catalogue is larger."""
UNIFORM_SHARE = 0.5
"""Share of the draws that is uniform over the catalogue, so that no item is weighted more than V / share; the rest goes
by how often items are targets."""
SMALLEST_SQUARE = 1e-20


def negatives_for(setting: int | None, items: int) -> int:
    """How many items are sampled for a batch; 0 compares with all of them.

    Parameters
    ----------
    setting : int or None
        As the user set it; None goes by the size of the catalogue.
    items : int
        Of the catalogue.

    Returns
    -------
    int

    Examples
    --------
    >>> negatives_for(None, 5_000), negatives_for(None, 1_000_000), negatives_for(500, 5_000)
    (0, 8192, 500)
    """
    if setting is not None:
        return setting
    return NEGATIVES if items > FULL_SOFTMAX_ITEMS else 0


class NegativeSampler:
    """Draws the items that targets of a batch are compared with.

    Parameters
    ----------
    counts : (V,) int64
        How often each item is a target.
    number : int
        Items that are drawn for a batch, with replacement.
    device : torch.device
        Where the draws are needed.
    """

    def __init__(self, counts: IntArray, number: int, device: torch.device) -> None:
        shares = UNIFORM_SHARE / len(counts) + (1 - UNIFORM_SHARE) * counts / max(int(counts.sum()), 1)
        self.number, self._device = number, device
        self._cumulative = torch.from_numpy(np.cumsum(shares))
        self._log_share = torch.from_numpy(np.log(shares)).float()

    def draw(self) -> tuple[Tensor, Tensor]:
        """Draw items.

        Returns
        -------
        items : (n,) int64
            The different items that were drawn.
        log_weight : (n,)
            What is added to their scores, so that the sum of exponentials is that of the whole catalogue in
            expectation: log(times drawn / (number * share)), the logQ correction (Bengio and Senecal 2008).
        """
        uniform = torch.rand(self.number, dtype=torch.float64) * self._cumulative[-1]
        drawn = torch.searchsorted(self._cumulative, uniform, right=True).clamp(max=len(self._cumulative) - 1)
        items, times = torch.unique(drawn, return_counts=True)
        log_weight = (times / self.number).log() - self._log_share[items]
        return items.to(self._device), log_weight.to(self._device)


def sampled_loss(scores: ItemScores, targets: Tensor, items: Tensor, log_weight: Tensor) -> Tensor:
    """Cross-entropy summed over predictions, with the softmax over a sample of the catalogue.

    The target counts once and as it is; where it was drawn as well, that draw is left out.

    Parameters
    ----------
    scores : ItemScores
        Of P predictions.
    targets : (P,) int64
    items, log_weight : (n,)
        As `NegativeSampler.draw` gives them.

    Returns
    -------
    Tensor
        A scalar, in nats.
    """
    of_target = scores.of_each(targets)
    others = (scores.of(items) + log_weight).masked_fill(items == targets.unsqueeze(1), float("-inf"))
    return (torch.logaddexp(of_target, others.logsumexp(1)) - of_target).sum()


class RowwiseAdamW(torch.optim.AdamW):
    """AdamW that updates tables with sparse gradients by row-wise Adagrad: one figure a row, rows without a gradient
    untouched (Gupta et al. 2014, section 3.2; Naumov et al. 2019).

    A parameter group with `rowwise` set has such tables.
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            for table in group["params"] if group.get("rowwise") else ():
                if table.grad is not None:
                    self._step_rows(table, group["lr"])
                    table.grad = None
        return super().step(closure)

    def _step_rows(self, table: Tensor, rate: float) -> None:
        assert table.grad is not None
        gradient, state = table.grad.coalesce(), self.state[table]
        if not state:
            state["step"] = torch.zeros(())  # AdamW expects it in every state
            state["square_sum"] = torch.zeros(len(table), device=table.device)
        rows, values = gradient.indices()[0], gradient.values()
        state["step"] += 1
        state["square_sum"].index_add_(0, rows, values.square().mean(1))
        scale = rate / state["square_sum"][rows].clamp(min=SMALLEST_SQUARE).sqrt()
        table.index_add_(0, rows, values * -scale.unsqueeze(1))


def clip_gradients(parameters: Iterable[nn.Parameter], limit: float) -> None:
    """Scale all gradients down where their norm together exceeds a limit; some may be sparse.

    Parameters
    ----------
    parameters : iterable of Parameter
    limit : float
    """
    gradients = []
    for parameter in parameters:
        if parameter.grad is not None:
            if parameter.grad.is_sparse:
                parameter.grad = parameter.grad.coalesce()
            gradients.append(parameter.grad.values() if parameter.grad.is_sparse else parameter.grad)
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    for gradient in gradients:
        gradient.mul_((limit / (norm + 1e-6)).clamp(max=1.0))
