"""How a model of another library lays out a history: its columns, the predicting row, and the heads of each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from streamrec_core.models.protocol import WeightKind


@dataclass(frozen=True)
class Layer:
    """One attention layer of a pass.

    Attributes
    ----------
    number : int
        Of its map among all maps of a pass.
    heads : int
    heads_first : bool
        Whether a map (H * B, T, T) has all histories of a head together, or all heads of a history.
    kind : str
        shares: a softmax, rows sum to 1 over all positions; weights: of any sum (SiLU); signed: differences of maps.
    """

    number: int
    heads: int
    heads_first: bool
    kind: WeightKind

    def by_head(self, weights: Tensor, rows: int) -> Tensor:
        """A map as (B, H, T, T).

        Parameters
        ----------
        weights : (B, H, T, T), (B * H, T, T), (H * B, T, T) or (B, T, T)
        rows : int
            B.

        Returns
        -------
        (B, H, T, T) Tensor
        """
        if weights.ndim == 4:
            return weights
        width = weights.shape[-1]
        if self.heads_first:
            return weights.view(self.heads, rows, width, width).transpose(0, 1)
        return weights.view(rows, self.heads, width, width)

    def as_it_was(self, by_head: Tensor, like: Tensor) -> Tensor:
        """The reverse of `by_head`.

        Parameters
        ----------
        by_head : (B, H, T, T)
        like : Tensor
            The map as the model made it.

        Returns
        -------
        Tensor
            Of the shape of `like`.
        """
        return (by_head.transpose(0, 1) if self.heads_first and like.ndim == 3 else by_head).reshape(like.shape)


@dataclass(frozen=True)
class HistoryLayout:
    """How a pass of the model treats a history.

    Attributes
    ----------
    look_up, look_ups : int
        Number of the look-up of the history's items in a pass, and look-ups a pass.
    maps : int
        Square attention maps of the history's width a pass.
    padded : str
        left: the last event stands at a fixed distance from the end; right: the first at one from the start.
    special : int
        That distance: positions after the last event (left), or before the first (right).
    layers : tuple of Layer
    predicts : int
        Row that predicts, counted from the last event: 0 for itself, 1 for a MASK behind it.
    unread : int
        First events of every history that it leaves out.
    """

    look_up: int
    look_ups: int
    padded: Literal["left", "right"]
    special: int
    maps: int = 0
    layers: tuple[Layer, ...] = ()
    predicts: int = 0
    unread: int = 0

    def first_column(self, width: int, events: Tensor) -> Tensor:
        """Column of the first event.

        Parameters
        ----------
        width : int
            Columns, W.
        events : (B,) int64
            Events of each history.

        Returns
        -------
        (B,) int64
        """
        if self.padded == "left":
            return width - self.special - events
        return torch.full_like(events, self.special)
