"""Local context: what an additive model reads each event together with, the few events right before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LocalContext(nn.Module):
    """Adds to each event a linear map of each of the K events right before it.

    It is a causal convolution over event vectors (Oord et al. 2016, section 2.1), with the event itself unchanged:

        x'(i) = x(i) + sum over k = 1..K of  M[k] x(i - k)

    With K = 0 nothing is added, and what an event adds to a score is its own.

    Parameters
    ----------
    width : int
        D.
    events : int
        K.
    """

    def __init__(self, width: int, events: int) -> None:
        super().__init__()
        self.events = events
        self.maps = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(events))

    def forward(self, events: Tensor) -> Tensor:
        """Events (..., L, D), each with what it takes over of those before it."""
        joined = events
        for back, taken in enumerate(self.maps, start=1):
            # (..., L, D) -> (..., L - k, D), k rows of zeros before it
            joined = joined + F.pad(taken(events[..., :-back, :]), (0, 0, min(back, events.shape[-2]), 0))
        return joined

    def distinct(self, codes: Tensor, hidden: Tensor | None) -> tuple[Tensor, Tensor]:
        """Find the different events of some histories, two being the same where those before them are so as well.

        Parameters
        ----------
        codes : (B, L) int64
            What each event is, from 0.
        hidden : (B, L) bool or None
            Events that nothing is taken over of.

        Returns
        -------
        runs : (U, K + 1) int64
            The code of each different event, and of those right before it; -1 where there is none, or a hidden one.
        run_of : (B, L) int64
            Row of each event.
        """
        shown = codes if hidden is None else codes.masked_fill(hidden, -1)
        steps = [codes] + [F.pad(shown, (back, 0), value=-1)[:, : codes.shape[1]] for back in range(1, self.events + 1)]
        if not self.events:
            different, run_of = torch.unique(codes, return_inverse=True)
            return different.unsqueeze(1), run_of
        runs, run_of = torch.unique(torch.stack(steps, -1).flatten(0, 1), dim=0, return_inverse=True)
        return runs, run_of.view_as(codes)

    def of_runs(self, events: Tensor, rows: Tensor) -> Tensor:
        """What `forward` makes of events, from a table of event vectors.

        Parameters
        ----------
        events : (N, D)
        rows : (U, K + 1) int64
            Row of each event, and of those right before it; -1: none.

        Returns
        -------
        (U, D) Tensor
        """
        joined = events[rows[:, 0]]
        for back, taken in enumerate(self.maps, start=1):
            before = rows[:, back]
            joined = joined + taken(events)[before.clamp(min=0)].masked_fill((before < 0).unsqueeze(1), 0.0)
        return joined
