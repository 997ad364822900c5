"""The LSTM that the transformer replaced; it recommends as well as it can and shows nothing of why."""

from __future__ import annotations

from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.models.embedding import EventEmbedding
from streamrec_core.models.sequence import SequenceModel


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
        """States (B, L, D) from event embeddings (B, L, D); padding stands right and is never read."""
        hidden, _ = self.recurrent(self.dropout(embedded))
        found: Tensor = self.norm(self.to_items(self.dropout(hidden)))
        return found

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        return self.tied_scores(states)
