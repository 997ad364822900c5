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

    def forward(self, events: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Read events together with those right before them.

        Parameters
        ----------
        events : (..., L, D)
        hidden : (B, L) bool or None
            Events of (B, L, D) that nothing is taken over of: the ones before them move up.

        Returns
        -------
        (..., L, D) Tensor
        """
        joined = events
        for back, taken in enumerate(self.maps, start=1):
            if hidden is None:
                # (..., L, D) -> (..., L - k, D), k rows of zeros before it
                before = F.pad(taken(events[..., :-back, :]), (0, 0, min(back, events.shape[-2]), 0))
            else:
                at = _shown_before(hidden, back)
                index = at.clamp(min=0).unsqueeze(-1).expand(-1, -1, events.shape[-1])
                before = taken(events.gather(1, index)).masked_fill((at < 0).unsqueeze(-1), 0.0)
            joined = joined + before
        return joined

    def distinct(self, codes: Tensor, hidden: Tensor | None) -> tuple[Tensor, Tensor]:
        """Find the different events of some histories, two being the same where those before them are so as well.

        Parameters
        ----------
        codes : (B, L) int64
            What each event is, from 0.
        hidden : (B, L) bool or None
            As for `forward`.

        Returns
        -------
        runs : (U, K + 1) int64
            The code of each different event, and of those right before it; -1 where there is none.
        run_of : (B, L) int64
            Row of each event.
        """
        if not self.events:
            different, run_of = torch.unique(codes, return_inverse=True)
            return different.unsqueeze(1), run_of
        shown = torch.zeros_like(codes, dtype=torch.bool) if hidden is None else hidden
        steps = [codes]
        for back in range(1, self.events + 1):
            at = _shown_before(shown, back)
            steps.append(codes.gather(1, at.clamp(min=0)).masked_fill(at < 0, -1))
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


def _shown_before(hidden: Tensor, back: int) -> Tensor:
    """(B, L) where the event stands that is `back` before each one, hidden ones not counted; -1 where there is none.

    Of a hidden event nothing is asked.
    """
    steps = torch.arange(hidden.shape[1], device=hidden.device).expand_as(hidden)
    number = (~hidden).cumsum(1)  # (B, L) of each event among those that are shown, from 1
    position = steps.new_zeros(len(hidden), hidden.shape[1] + 1)
    position.scatter_(1, number.masked_fill(hidden, 0), steps)  # hidden events go where none is looked for
    earlier = number - back
    return torch.where(earlier > 0, position.gather(1, earlier.clamp(min=0)), -1)
