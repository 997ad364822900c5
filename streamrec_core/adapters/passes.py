"""Run a scorer and record what its forward passes look up and attend to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from streamrec_core.adapters.tap import AttentionTap, WeightSource

Run = Callable[[AttentionTap | None, list[tuple[int, ...]]], Tensor]
"""Scores histories (rows of the model's items) within a tap: (B, items of the model)."""


@dataclass(frozen=True, eq=False)
class LookUp:
    """One look-up of ids: index (B, W) and rows (B, W, D)."""

    index: Tensor
    rows: Tensor


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention weights (..., T, T) where they meet the values."""

    weights: Tensor
    source: WeightSource


@dataclass
class Recorded:
    """Look-ups and maps of one call of a scorer, in their order."""

    look_ups: list[LookUp] = field(default_factory=list)
    maps: list[AttentionMap] = field(default_factory=list)

    def see(self, weights: Tensor, source: WeightSource) -> Tensor:
        """Record attention weights.

        Parameters
        ----------
        weights : (..., T, T)
        source : WeightSource

        Returns
        -------
        (..., T, T) Tensor
            The same.
        """
        self.maps.append(AttentionMap(weights.detach(), source))
        return weights

    def look(self, index: Tensor, rows: Tensor) -> Tensor:
        """Record a look-up.

        Parameters
        ----------
        index : (B, W)
        rows : (B, W, D)

        Returns
        -------
        (B, W, D) Tensor
            The same rows.
        """
        self.look_ups.append(LookUp(index.detach().clone(), rows.detach().clone()))
        return rows


def record(run: Run, histories: list[tuple[int, ...]]) -> Recorded:
    """Record one call.

    Parameters
    ----------
    run : callable
    histories : list of tuple of int

    Returns
    -------
    Recorded
    """
    recorded = Recorded()
    with torch.no_grad():
        run(AttentionTap(recorded.see, recorded.look), histories)
    return recorded


def joined_index(look_ups: list[LookUp], number: int, each: int, rows: int) -> Tensor | None:
    """The index (B, W) of one look-up of a call that may run its histories in several passes.

    Parameters
    ----------
    look_ups : list of LookUp
        Of the call.
    number : int
        Of the look-up in a pass.
    each : int
        Look-ups a pass.
    rows : int
        B, histories of the call.

    Returns
    -------
    (B, W) Tensor or None
        None where the call did not look up each history once, at one width.
    """
    if each == 0 or len(look_ups) % each:
        return None
    parts = [look_up.index for look_up in look_ups[number::each]]
    if len({part.shape[1] for part in parts}) != 1 or sum(len(part) for part in parts) != rows:
        return None
    return torch.cat(parts)
