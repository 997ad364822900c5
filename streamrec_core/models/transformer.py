"""The session transformer: two layers of four heads whose weights people can read."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.models.attention import TransformerLayer
from streamrec_core.models.embedding import EventEmbedding, places_from_end, sinusoidal_positions
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.sequence import SequenceModel


class SessionTransformer(SequenceModel):
    """Causal pre-LN transformer over the events of a session; the last event is the predicting position.

    Parameters
    ----------
    positions : str
        `sinusoidal` or `from_end`.
    tied : bool
        Score items against their embeddings, or through a linear layer of its own that, as
        in print, also has a row for padding.
    """

    position_table: Tensor

    def __init__(
        self,
        embedding: EventEmbedding,
        width: int,
        layers: int,
        heads: int,
        feed_forward: int,
        dropout: float,
        positions: str,
        tied: bool,
        max_events: int,
    ) -> None:
        super().__init__()
        self.name, self.max_events, self.positions = "transformer", max_events, positions
        self.embedding = embedding
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            TransformerLayer(width, heads, feed_forward, dropout, layer) for layer in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.output = None if tied else nn.Linear(width, embedding.size + 1)
        if positions == "sinusoidal":
            self.register_buffer("position_table", sinusoidal_positions(max_events, width), persistent=False)
        else:
            self.position_table = nn.Parameter(torch.empty(max_events, width))
            nn.init.normal_(self.position_table, std=0.02)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return tuple(layer.attention.probe for layer in self.layers)  # type: ignore[union-attr, misc]

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States (B, L, D) from event embeddings (B, L, D)."""
        events: Tensor = self.dropout(embedded + self._placed(batch))
        for layer in self.layers:
            events = layer(events)
        found: Tensor = self.norm(events)
        return found

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        if self.output is None:
            return states @ self.item_embeddings().T
        scores: Tensor = self.output(states)
        return scores[..., : self.embedding.size]

    def _placed(self, batch: Batch) -> Tensor:
        """Position vectors (L, D) or (B, L, D)."""
        length = batch.items.shape[1]
        if self.positions == "sinusoidal":
            return self.position_table[:length]
        return self.position_table[places_from_end(batch.lengths, length)]
