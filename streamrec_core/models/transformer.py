"""The session transformer: causal self-attention over events, resumed from cached keys and values for variants."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.models.attention import KeysValues, TransformerLayer
from streamrec_core.models.embedding import EventEmbedding, positions_from_end, sinusoidal_positions
from streamrec_core.models.item_scores import ItemVectors
from streamrec_core.models.known_items import KnownItems
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.variants import HistoryVariants

FEWEST_ROWS = 16
"""Variants that are run side by side at least."""


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
        return self.table[positions_from_end(batch.lengths, batch.items.shape[1])]


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
        self._layers = tuple(layers)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return tuple(layer.attention.probe for layer in self._layers)

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States from event embeddings.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, L, D) Tensor
        """
        events = self.dropout(embedded + self.positions(batch))
        for layer in self._layers:
            events = layer(events, batch.hidden)
        return self.norm(events)

    def item_rows(self, items: Tensor) -> ItemVectors:
        """What states are multiplied with for the scores of items (n,), and the items' biases."""
        if self.output is None:
            return super().item_rows(items)
        return self.output.weight[items], self.output.bias[items]

    def item_table(self) -> ItemVectors:
        """What states are multiplied with for the scores of all items, and the items' biases."""
        if self.output is None:
            return super().item_table()
        size = self.embedding.size
        return self.output.weight[:size], self.output.bias[:size]

    def renumber_items(self, item_match: KnownItems) -> None:
        """Put the rows of an output layer of its own into the order of a data set; unknown items score -inf."""
        if self.output is None:
            return
        rows = torch.from_numpy(item_match.rows)
        source = torch.cat([rows.clamp(min=0), torch.tensor([self.output.out_features - 1])])
        output = nn.Linear(self.output.in_features, len(source))
        with torch.no_grad():
            output.weight.copy_(self.output.weight[source])
            output.bias.copy_(self.output.bias[source])
            output.weight[:-1][rows < 0] = 0.0
            output.bias[:-1][rows < 0] = float("-inf")
        self.output = output

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) from states (..., D)."""
        if self.output is None:
            return self.tied_scores(states)
        return self.output(states)[..., : self.embedding.size]

    def value_vectors(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """What each event hands to the predicting position where its weight is 1, layer by layer.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        list of (B, H, L, D) Tensor
        """
        events, vectors = embedded + self.positions(batch), []
        for layer in self._layers:
            vectors.append(layer.attention.value_vectors(layer.norm1(events)))
            events = layer(events, batch.hidden)
        return vectors

    def variant_scores(self, variants: HistoryVariants) -> Tensor:
        """Scores (n, V) of variants of histories, from cached keys and values of the events before the first removed.

        Of the last layer, only the predicting position is computed. Where positions are counted from the end, dropping
        m events moves all before them by m: their keys and values are cached once for each m.
        """
        start = variants.shared
        bases, base_of = torch.unique(torch.stack([variants.source, variants.dropped], 1), dim=0, return_inverse=True)
        cached = self._cached(variants.whole, bases, max(int(start.max()), 1))
        scores = torch.empty(len(start), self.embedding.size, device=start.device)
        # Side by side stand variants with about as many events to run, so that little is spent on padding.
        order = (start - variants.batch.lengths).argsort(stable=True)
        for rows in torch.split(order, max(FEWEST_ROWS, len(order) // 12)):
            width = max(int(start[rows].max()), 1)
            earlier = [(key[base_of[rows], :, :width], value[base_of[rows], :, :width]) for key, value in cached]
            scores[rows] = self._resumed_scores(variants.take(rows), earlier)
        return scores

    def _cached(self, whole: Batch, bases: Tensor, width: int) -> list[KeysValues]:
        """Keys and values, layer by layer, of the first `width` events of the histories `bases[:, 0]`, each as many
        events nearer to the end as `bases[:, 1]` says.
        """
        rows = bases[:, 0]
        items, engagements = whole.items[rows, :width], whole.engagements[rows, :width]
        events = self.embed(Batch(items, engagements, whole.lengths[rows].clamp(max=width)))
        events = events + self.positions(Batch(items, engagements, (whole.lengths[rows] - bases[:, 1]).clamp(min=1)))
        cached = []
        for number, layer in enumerate(self._layers, start=1):
            cached.append(layer.attention.keys_values(layer.norm1(events)))
            events = layer(events) if number < len(self._layers) else events
        return cached

    def _resumed_scores(self, variants: HistoryVariants, cached: Sequence[KeysValues]) -> Tensor:
        """Scores (n, V) from cached keys and values (n, H, P, D/H) of the events that each variant takes over."""
        start, rest = variants.shared, variants.rest
        vectors = self.positions(variants.batch).expand(len(start), -1, -1)
        steps = torch.arange(rest.items.shape[1], device=start.device)
        at = (start.unsqueeze(1) + steps).clamp(max=vectors.shape[1] - 1)
        # (n, L, D) -> (n, S, D), position vectors of the events that are run anew
        events = self.embed(rest) + vectors[torch.arange(len(start), device=start.device).unsqueeze(1), at]
        mask = _resumed_mask(rest, start, cached[0][0].shape[2])
        for number, (layer, earlier) in enumerate(zip(self._layers, cached, strict=True), start=1):
            events = layer.resume(events, earlier, mask, rest.lengths if number == len(self._layers) else None)
        return self.scores(self.norm(events.squeeze(1)))


def _resumed_mask(rest: Batch, start: Tensor, width: int) -> Tensor:
    """(n, 1, S, P + S) which of P cached and S further events each of these may look at; hidden ones at themselves."""
    steps = torch.arange(rest.items.shape[1], device=start.device)
    earlier = torch.arange(width, device=start.device) < start.unsqueeze(1)
    later = steps <= steps.unsqueeze(1)
    if rest.hidden is None:
        later = later.expand(len(start), -1, -1)
    else:
        later = later & (~rest.hidden.unsqueeze(1) | torch.eye(len(steps), dtype=torch.bool, device=start.device))
    return torch.cat([earlier.unsqueeze(1).expand(-1, len(steps), -1), later], 2).unsqueeze(1)
