"""The LSTM session model: a recurrent baseline without attention."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from streamrec_core.data.batches import Batch
from streamrec_core.models.embedding import EventEmbedding
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.variants import HistoryVariants


class SessionLSTM(SequenceModel):
    """LSTM (Hochreiter and Schmidhuber 1997) over the same event embeddings, scored against the same items."""

    def __init__(self, embedding: EventEmbedding, hidden: int, layers: int, dropout: float, max_events: int) -> None:
        super().__init__()
        self.name, self.max_events = "lstm", max_events
        self.embedding = embedding
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.LSTM(
            embedding.width, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0
        )
        self.to_items = nn.Linear(hidden, embedding.width)
        self.norm = nn.LayerNorm(embedding.width)

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States from event embeddings; padding stands right and is never read.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, L, D) Tensor
        """
        # cuDNN takes no gradients through an LSTM outside training; torch's own kernels do.
        by_torch = embedded.is_cuda and not self.training and torch.is_grad_enabled()
        with torch.backends.cudnn.flags(enabled=False) if by_torch else nullcontext():
            hidden, _ = self.recurrent(self.dropout(embedded))
        states: Tensor = self.norm(self.to_items(self.dropout(hidden)))
        return states

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        return self.tied_scores(states)

    def variant_scores(self, variants: HistoryVariants) -> Tensor:
        """Scores (n, V) of variants of histories, each started from the state before its first removed event."""
        hidden, cell = self._states_before(variants.whole)
        shared, rest = variants.shared, variants.rest
        # (layers, C, L + 1, hidden) -> (layers, n, hidden)
        start = (hidden[:, variants.source, shared].contiguous(), cell[:, variants.source, shared].contiguous())
        packed = pack_padded_sequence(self.embed(rest), rest.lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (last, _) = self.recurrent(packed, start)
        return self.scores(self.norm(self.to_items(last[-1])))

    def _states_before(self, whole: Batch) -> tuple[Tensor, Tensor]:
        """Hidden and cell states (layers, C, L + 1, hidden) before each event."""
        recurrent, inputs = self.recurrent, self.embed(whole)
        hidden_states, cell_states = [], []
        for layer in range(recurrent.num_layers):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            weights = [getattr(recurrent, f"{name}_l{layer}") for name in names]
            hidden = cell = inputs.new_zeros(len(whole), recurrent.hidden_size)
            layer_hidden, layer_cell = [hidden], [cell]
            for position in range(inputs.shape[1]):
                # One cell at a time, since the whole layer gives away no cell state but the last.
                hidden, cell = torch.lstm_cell(inputs[:, position], (hidden, cell), *weights)
                layer_hidden.append(hidden)
                layer_cell.append(cell)
            hidden_states.append(torch.stack(layer_hidden, 1))
            cell_states.append(torch.stack(layer_cell, 1))
            inputs = hidden_states[-1][:, 1:]
        return torch.stack(hidden_states), torch.stack(cell_states)
