"""The session transformer: two layers of four heads whose weights people can read."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.models.attention import TransformerLayer
from streamrec_core.models.embedding import EventEmbedding, places_from_end, sinusoidal_positions
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.sequence import SequenceModel


class SinusoidalPositions(nn.Module):
    """Fixed position vectors, counted from the first event."""

    table: Tensor

    def __init__(self, max_events: int, width: int) -> None:
        super().__init__()
        self.register_buffer("table", sinusoidal_positions(max_events, width), persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Position vectors (L, D), the same for every history."""
        return self.table[: batch.items.shape[1]]


class PositionsFromEnd(nn.Module):
    """Learned position vectors, counted from the last event (0)."""

    def __init__(self, max_events: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(max_events, width))
        nn.init.normal_(self.table, std=0.02)

    def forward(self, batch: Batch) -> Tensor:
        """Position vectors (B, L, D)."""
        return self.table[places_from_end(batch.lengths, batch.items.shape[1])]


class SessionTransformer(SequenceModel):
    """Causal pre-LN transformer over the events of a session; the last event is the predicting position.

    Parameters
    ----------
    output : nn.Linear or None
        Scores items through a layer of its own (as in print, with a row for padding); None scores them against
        their embeddings.
    """

    def __init__(
        self,
        embedding: EventEmbedding,
        positions: nn.Module,
        layers: Sequence[TransformerLayer],
        output: nn.Linear | None,
        dropout: float,
        max_events: int,
    ) -> None:
        super().__init__()
        self.name, self.max_events = "transformer", max_events
        self.embedding, self.positions, self.output = embedding, positions, output
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(embedding.width)
        self._probes = tuple(layer.attention.probe for layer in layers)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return self._probes

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States (B, L, D) from event embeddings (B, L, D)."""
        events = self.dropout(embedded + self.positions(batch))
        for layer in self.layers:
            events = layer(events, batch.hidden)
        return self.norm(events)

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        if self.output is None:
            return self.tied_scores(states)
        return self.output(states)[..., : self.embedding.size]
