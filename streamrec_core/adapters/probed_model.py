"""Attention probes and looked-up items of opened models, alike whether their code runs here or in a worker process."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

import torch
from torch import Tensor

from streamrec_core.adapters.scored_model import BATCH, ScoredModel
from streamrec_core.data.batches import Batch
from streamrec_core.models.probe import AttentionProbe


class ProbedModel(ScoredModel):
    """A `ScoredModel` with attention probes, one a layer."""

    _probes: tuple[AttentionProbe, ...]

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return self._probes

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V); while somebody watches or edits attention, every history is run anew."""
        if not any(probe.active for probe in self._probes):
            return super().logits(batch)
        return self.run_tapped(batch)

    @abstractmethod
    def run_tapped(self, batch: Batch) -> Tensor:
        """Scores (B, V) with attention shown to whoever watches."""

    def _copied(self, name: str) -> Self:
        other = super()._copied(name)
        other._probes = tuple(AttentionProbe(probe.layer, probe.heads) for probe in self._probes)
        return other


class LookedUpModel(ScoredModel):
    """A `ScoredModel` whose look-up of items is open."""

    _table: Tensor | None = None

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """Looked-up rows (B, L, D) of the events; zero for padding and for events that the model does not read."""

    def item_embeddings(self) -> Tensor:
        """Looked-up row of every item (V, D), as the only event of a history; zero for items that it does not know."""
        if self._table is None:
            parts = [
                self.embed(Batch(part, torch.zeros_like(part), torch.ones(len(part), dtype=torch.int64)))
                for part in torch.split(torch.arange(len(self.rows)).unsqueeze(1), BATCH)
            ]
            self._table = torch.cat(parts).squeeze(1)
        return self._table

    def _copied(self, name: str) -> Self:
        other = super()._copied(name)
        other._table = None
        return other
