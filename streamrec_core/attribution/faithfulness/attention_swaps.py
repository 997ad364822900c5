"""Attention swaps: uniform, permuted and adversarial attention in place of the model's own, and what the output does.

Uniform attention is a test of Wiegreffe and Pinter (2019), permuted and adversarial attention are those of Jain and
Wallace (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attribution.attention_weights import predicting_weights
from streamrec_core.attribution.case import Case, allowed, whole_batch
from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.models.device import device_of
from streamrec_core.models.probe import editing
from streamrec_core.models.protocol import SessionModel

CASES_AT_ONCE = 64
RATE, NOISE, PULL = 0.1, 0.3, 1.0
"""Of the adversarial search: learning rate, standard deviation of the start, and weight of the output's excess."""
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class AttentionSwap:
    """What one replacement of the attention does to n cases; names as in `record.SWAP_MEASURES`."""

    total_variation: npt.NDArray[np.float64]
    same_recommendation: npt.NDArray[np.float64]
    divergence: npt.NDArray[np.float64]
    other_first: npt.NDArray[np.float64]


def swap_attention(
    model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], settings: FaithfulnessSettings
) -> dict[str, AttentionSwap]:
    """Replace the predicting position's weights in every layer and head; the other positions keep theirs.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    cases : sequence of Case
        n of them.
    settings : FaithfulnessSettings
        Epsilon and steps of the search, number of permutations, and seed.

    Returns
    -------
    dict of str to AttentionSwap
        By name in `record.SWAPS`; empty for a model without attention.
    """
    if not model.attention_probes():
        return {}
    parts = [
        _Swapper(model, catalogue, cases[start : start + CASES_AT_ONCE], settings).all()
        for start in range(0, len(cases), CASES_AT_ONCE)
    ]
    return {name: _combined(np.concatenate, [part[name] for part in parts]) for name in parts[0]}


class _Swapper:
    """One batch of cases whose attention is replaced."""

    def __init__(
        self, model: SessionModel, catalogue: Catalogue, cases: Sequence[Case], settings: FaithfulnessSettings
    ) -> None:
        self.model, self.catalogue, self.cases, self.settings = model, catalogue, cases, settings
        self.device = device_of(model)
        self.batch = whole_batch(cases, catalogue).to(self.device)
        # (B, layers, H, L)
        self.real = torch.from_numpy(predicting_weights(model, self.batch)).float().to(self.device)
        self.inside = self.batch.visible[:, None, None, :].expand(self.real.shape)
        with torch.no_grad():
            self.output = self._run(None)

    def all(self) -> dict[str, AttentionSwap]:
        """Every replacement of `record.SWAPS`."""
        rng = torch.Generator().manual_seed(self.settings.seed)
        uniform = self.inside.float() / self.inside.sum(-1, keepdim=True)
        orders = [self._permuted(rng) for _ in range(self.settings.permutations)]
        return {
            "even": self._measured(uniform),  # the key that stored reports have
            "permuted": _combined(partial(np.mean, axis=0), [self._measured(weights) for weights in orders]),
            "adversarial": self._measured(self._adversarial(rng)),
        }

    def _run(self, weights: Tensor | None) -> Tensor:
        """Probabilities (B, V) with these weights (B, layers, H, L) at the predicting position; None: its own."""
        edits: dict[object, Callable[[Tensor], Tensor]] = {}
        if weights is not None:
            last = self.batch.lengths - 1
            for number, probe in enumerate(self.model.attention_probes()):
                edits[probe] = partial(_replaced, rows=weights[:, number], last=last)
        with editing(edits):  # type: ignore[arg-type]
            scores = self.model.logits(self.batch)
        return allowed(scores, self.cases, self.catalogue).softmax(-1)

    def _permuted(self, rng: torch.Generator) -> Tensor:
        keys = torch.rand(self.real.shape, generator=rng).to(self.device).masked_fill(~self.inside, 2.0)
        return self.real.gather(-1, keys.argsort(-1))

    def _adversarial(self, rng: torch.Generator) -> Tensor:
        """Weights as far from the real ones as gradient steps get them while the output stays within epsilon."""
        outside = torch.zeros_like(self.real).masked_fill(~self.inside, float("-inf"))
        noise = NOISE * torch.randn(self.real.shape, generator=rng).to(self.device)
        scores = (self.real.clamp(min=1e-6).log() + noise).requires_grad_()
        optimiser = torch.optim.Adam([scores], lr=RATE)
        furthest, adversarial = torch.zeros(len(self.cases), device=self.device), self.real.clone()
        with torch.enable_grad():
            for _ in range(self.settings.search_steps):
                weights = (scores + outside).softmax(-1)
                far = divergence(weights, self.real).mean((1, 2))
                moved = total_variation(self._run(weights), self.output)
                better = (moved <= self.settings.epsilon) & (far > furthest)
                furthest = torch.where(better, far, furthest).detach()
                adversarial = torch.where(better.view(-1, 1, 1, 1), weights.detach(), adversarial)
                # The penalty begins a little inside epsilon, so that the search ends on its right side.
                excess = (moved / self.settings.epsilon - 0.9).clamp(min=0)
                (scores.grad,) = torch.autograd.grad((PULL * excess.clamp(max=5) - far).sum(), scores)
                optimiser.step()
        return adversarial

    def _measured(self, weights: Tensor) -> AttentionSwap:
        with torch.no_grad():
            output = self._run(weights)
        first = [rows.mean((1, 2)).argmax(-1) for rows in (weights, self.real)]
        return AttentionSwap(
            total_variation=total_variation(output, self.output).double().cpu().numpy(),
            same_recommendation=(output.argmax(-1) == self.output.argmax(-1)).double().cpu().numpy(),
            divergence=divergence(weights, self.real).mean((1, 2)).double().cpu().numpy(),
            other_first=(first[0] != first[1]).double().cpu().numpy(),
        )


def _replaced(weights: Tensor, rows: Tensor, last: Tensor) -> Tensor:
    """Weights (B, H, T, L) with the predicting row replaced by rows (B, H, L)."""
    if weights.shape[2] == 1:
        return rows.unsqueeze(2)
    here = torch.arange(weights.shape[2], device=weights.device).view(1, 1, -1, 1) == last.view(-1, 1, 1, 1)
    return torch.where(here, rows.unsqueeze(2), weights)


def total_variation(first: Tensor, second: Tensor) -> Tensor:
    """Total variation distance of two distributions.

    Parameters
    ----------
    first, second : (B, V)
        Probabilities.

    Returns
    -------
    (B,) Tensor
        0 to 1.
    """
    return 0.5 * (first - second).abs().sum(-1)


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """Jensen-Shannon divergence (Lin 1991) of attention weights.

    Parameters
    ----------
    first, second : (..., L)

    Returns
    -------
    (...) Tensor
        In nats, 0 to log 2.
    """
    middle = (first + second) / 2

    def kl_to_middle(weights: Tensor) -> Tensor:
        return (weights * ((weights + TINY).log() - (middle + TINY).log())).sum(-1)

    return (kl_to_middle(first) + kl_to_middle(second)) / 2


def _combined(combine: Callable[..., Any], swaps: Sequence[AttentionSwap]) -> AttentionSwap:
    """One record of several: `combine` takes a list of arrays of each measure."""
    return AttentionSwap(**{name: combine([getattr(swap, name) for swap in swaps]) for name in vars(swaps[0])})
