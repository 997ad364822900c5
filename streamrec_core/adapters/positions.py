"""Carry attention between the positions of a model (padding, MASK and all) and the events of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from streamrec_core.adapters.history_layout import HistoryLayout


@dataclass(frozen=True, eq=False)
class Positions:
    """Where the events of b histories of a batch of length L stand among W positions of the model.

    Attributes
    ----------
    columns : (b, L) int64
        Column of each event; W for padding and for events that the model does not read.
    rows : (b, L) int64
        Row of each event; at the last event of a history, the row that predicts.
    last : (b,) int64
        The last event of each history in the batch.
    width : int
        W.
    """

    columns: Tensor
    rows: Tensor
    last: Tensor
    width: int

    def of_events(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Attention among events, scaled so that the absolute weights of a row sum to 1, and what they summed to.

        Parameters
        ----------
        weights : (b, H, W, W)

        Returns
        -------
        (b, H, L, L) Tensor, (b, H, L, 1) Tensor
            A row without weight on events is zero.
        """
        rows = self._rows_of(_padded(weights.nan_to_num(0.0), (0, 1)))
        among = rows.gather(-1, self._column_index(rows))
        total = among.abs().sum(-1, keepdim=True)
        return among / total.clamp(min=torch.finfo(among.dtype).tiny), total

    def special_share(self, weights: Tensor) -> Tensor:
        """(b, H) share of the absolute weights of the predicting row that lies on no event: padding, MASK and the like.

        Parameters
        ----------
        weights : (b, H, W, W)
        """
        row = self.rows.gather(1, self.last.unsqueeze(1))  # (b, 1)
        predicting = weights.nan_to_num(0.0).gather(2, row.view(-1, 1, 1, 1).expand(*weights.shape[:2], 1, self.width))
        predicting = _padded(predicting, (0, 1))
        index = self.columns[:, None, None, :].expand(*predicting.shape[:3], -1)
        on_events = predicting.gather(-1, index).abs().sum((-1, -2))
        whole = predicting.abs().sum((-1, -2))
        return (1 - on_events / whole.clamp(min=torch.finfo(whole.dtype).tiny)).clamp(min=0.0)

    def of_rows(self, rows: Tensor) -> Tensor:
        """Looked-up rows of the events (b, L, D), from those of all positions (b, W, D); zero where none is read."""
        padded = _padded(rows, (0, 0, 0, 1))
        return padded.gather(1, self.columns.unsqueeze(-1).expand(-1, -1, rows.shape[-1]))

    def with_rows(self, rows: Tensor, of_events: Tensor) -> Tensor:
        """Looked-up rows of all positions (b, W, D) with those of the events replaced.

        Parameters
        ----------
        rows : (b, W, D)
        of_events : (b, L, D)

        Returns
        -------
        (b, W, D) Tensor
        """
        index = self.columns.unsqueeze(-1).expand(-1, -1, rows.shape[-1])
        return _padded(rows, (0, 0, 0, 1)).scatter(1, index, of_events)[:, : self.width]

    def hide(self, weights: Tensor, hidden: Tensor, scale_up: bool) -> Tensor:
        """Weights that look at no hidden event.

        Parameters
        ----------
        weights : (b, H, W, W)
        hidden : (b, L) bool
        scale_up : bool
            Whether the rest of a row keeps its sum, as after a softmax that was masked.

        Returns
        -------
        (b, H, W, W) Tensor
        """
        columns = torch.zeros(len(hidden), self.width + 1, dtype=torch.bool, device=weights.device)
        columns = columns.scatter(1, self.columns, hidden)[:, : self.width]  # padding falls on the column cut off
        seen = weights.masked_fill(columns[:, None, None, :], 0.0)
        if not scale_up:
            return seen
        whole, rest = weights.sum(-1, keepdim=True), seen.sum(-1, keepdim=True)
        return seen * torch.where(rest > 0, whole / rest.clamp(min=torch.finfo(rest.dtype).tiny), 1.0)

    def put_back(self, weights: Tensor, edited: Tensor, shown: Tensor, total: Tensor) -> Tensor:
        """The model's weights with edited attention among events.

        The rest of a row stays; a row that was emptied, and all of a head that was, becomes zero.

        Parameters
        ----------
        weights : (b, H, W, W)
            As the model made them.
        edited, shown : (b, H, L, L)
            After and before the edit.
        total : (b, H, L, 1)
            As `of_events` gives it.

        Returns
        -------
        (b, H, W, W) Tensor
        """
        padded = _padded(weights, (0, 1, 0, 1))
        rows = self._rows_of(padded)
        rows = rows.scatter(-1, self._column_index(rows), edited * total)
        emptied = (edited == 0).all(-1) & (shown != 0).any(-1)  # (b, H, L)
        rows = rows.masked_fill(emptied.unsqueeze(-1), 0.0)
        back = padded.scatter(2, self._row_index(rows.shape[1], self.width + 1), rows)
        back = back[..., : self.width, : self.width]
        off = (edited == 0).all(-1).all(-1) & (shown != 0).flatten(2).any(-1)  # (b, H)
        return back.masked_fill(off[:, :, None, None], 0.0)

    def _rows_of(self, padded: Tensor) -> Tensor:
        """(b, H, W or W + 1, W + 1) -> (b, H, L, W + 1), zeros for events that the model does not read."""
        if padded.shape[2] == self.width:
            padded = _padded(padded, (0, 0, 0, 1))
        return padded.gather(2, self._row_index(padded.shape[1], padded.shape[3]))

    def _row_index(self, heads: int, width: int) -> Tensor:
        return self.rows[:, None, :, None].expand(-1, heads, -1, width)

    def _column_index(self, rows: Tensor) -> Tensor:
        """(b, H, L, L) columns of the events, for rows (b, H, L, W + 1)."""
        return self.columns[:, None, None, :].expand(*rows.shape[:3], -1)


def find_positions(layout: HistoryLayout, width: int, read: Tensor, last: Tensor) -> Positions:
    """Where events stand.

    Parameters
    ----------
    layout : HistoryLayout
    width : int
        W.
    read : (b, L) bool
        Events that the model reads.
    last : (b,) int64
        The last event of each history in the batch.

    Returns
    -------
    Positions
    """
    read = read & (read.cumsum(1) > layout.unread)
    events = read.sum(1)
    first = layout.first_column(width, events)
    columns = torch.where(read, first.unsqueeze(1) + read.cumsum(1) - 1, width)
    predicting = (first + events - 1 + layout.predicts).unsqueeze(1)
    # A row is shown once: where the model does not read the last event, the row that predicts is another event's.
    rows = columns.masked_fill(columns == predicting, width).scatter(1, last.unsqueeze(1), predicting)
    return Positions(columns, rows, last, width)


def _padded(weights: Tensor, border: tuple[int, ...]) -> Tensor:
    return torch.nn.functional.pad(weights, border)
