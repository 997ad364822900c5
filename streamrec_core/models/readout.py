"""The readable transformer: a readout that holds no item asks eight heads, and they alone tell it of the session."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from streamrec_core.data.batches import Batch
from streamrec_core.models.embedding import EventEmbedding
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.terms import FEATURES, NamedTerms, Scene, SceneMaker


class ReadoutAttention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017, eq. 1) from readouts to events, with named terms in its scores.

    Queries and keys are normalised (Henry et al. 2020), so that content can move a score by `content_limit` at most
    and the named terms keep the last word.

    Parameters
    ----------
    terms : NamedTerms
        One figure a head for each term.
    layer : int
        Number of the layer, counted from 0; the probe carries it.
    """

    def __init__(self, width: int, dropout: float, layer: int, terms: NamedTerms, content_limit: float) -> None:
        super().__init__()
        self.dropout, self.terms, self.content_limit = dropout, terms, content_limit
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        self.probe = AttentionProbe(layer, terms.heads)

    def forward(self, readout: Tensor, events: Tensor, bias: Tensor) -> Tensor:
        """Readouts (B, T, D) ask events (B, L, D); `bias` (B, H, T, L) is what the named terms add."""
        query = F.normalize(self._split(self.query(readout)), dim=-1) * self.content_limit
        key = F.normalize(self._split(self.key(events)), dim=-1)
        value = self._split(self.value(events))
        dropout = self.dropout if self.training else 0.0
        if self.probe.open:
            weights = self.probe.show((query @ key.transpose(-2, -1) + bias).softmax(-1))
            mixed = F.dropout(weights, dropout) @ value
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=dropout, scale=1.0)
        # (B, H, T, D/H) -> (B, T, D)
        return self.out_proj(mixed.transpose(1, 2).reshape(readout.shape))

    def _split(self, tensor: Tensor) -> Tensor:
        """(B, L, D) -> (B, H, L, D/H)."""
        return tensor.view(*tensor.shape[:2], self.terms.heads, -1).transpose(1, 2)


class ReadoutLayer(nn.Module):
    """One layer of the two streams: every event thinks for itself, then the readout asks all of them."""

    def __init__(self, attention: ReadoutAttention, width: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.event_net = _net(width, feed_forward, dropout)
        self.norm_events, self.norm_readout = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = attention
        self.readout_net = _net(width, feed_forward, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, readout: Tensor, events: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Readouts (B, T, D) and events (B, L, D) -> the same, one layer on; events never mix."""
        events = events + self.event_net(events)
        found = self.attention(self.norm_readout(readout), self.norm_events(events), bias)
        readout = readout + self.dropout(found)
        return readout + self.readout_net(readout), events


def _net(width: int, feed_forward: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, feed_forward),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(feed_forward, width),
        nn.Dropout(dropout),
    )


class ReadoutTransformer(SequenceModel):
    """Session transformer whose prediction starts from a learned vector instead of the last event.

    Events do not look at each other, so that a weight on an event speaks of that event alone; order enters through
    the named terms.
    """

    predicts_from: PredictsFrom = "readout"

    def __init__(
        self,
        embedding: EventEmbedding,
        scenes: SceneMaker,
        layers: Sequence[ReadoutLayer],
        dropout: float,
        max_events: int,
    ) -> None:
        super().__init__()
        self.name, self.max_events = "transformer", max_events
        self.embedding, self.scenes = embedding, scenes
        self.start = nn.Parameter(torch.zeros(embedding.width))
        nn.init.normal_(self.start, std=0.02)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(embedding.width)
        self.reading = nn.Parameter(torch.zeros(len(layers), layers[0].attention.terms.heads))
        self._attentions = tuple(layer.attention for layer in layers)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return tuple(attention.probe for attention in self._attentions)

    def named_terms(self) -> tuple[NamedTerms, ...]:
        """The terms of each layer's heads."""
        return tuple(attention.terms for attention in self._attentions)

    def reading_weights(self) -> Tensor:
        """(layers, H) how the maps of all heads are joined into one; they sum to 1 and take no part in predicting."""
        return self.reading.flatten().softmax(0).view_as(self.reading)

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States (B, L, D) of the predictions made after each event."""
        places = torch.arange(batch.items.shape[1], device=embedded.device)
        return self._read(embedded, batch, places.expand(len(batch), -1))

    def last_state(self, embedded: Tensor, batch: Batch) -> Tensor:
        """State (B, D) of the prediction made after the last event, without computing the others."""
        if any(probe.watched for probe in self.attention_probes()):
            return super().last_state(embedded, batch)
        return self._read(embedded, batch, (batch.lengths - 1).unsqueeze(1)).squeeze(1)

    def _read(self, embedded: Tensor, batch: Batch, at: Tensor) -> Tensor:
        events = self.dropout(embedded)
        scene: Scene = self.scenes(batch, at)
        features = {name: feature(scene) for name, feature in FEATURES.items()}
        readout = self.start.expand(*at.shape, -1)
        for layer, terms in zip(self.layers, self.named_terms(), strict=True):
            readout, events = layer(readout, events, terms(features, scene))
        return self.norm(readout)

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        return states @ self.item_embeddings().T
