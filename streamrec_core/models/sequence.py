"""Base class of the neural models: embed events, run over them, score the catalogue from the last state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models.embedding import EventEmbedding, at_last
from streamrec_core.models.item_scores import ItemScores, ItemVectors
from streamrec_core.models.known_engagements import KnownEngagements
from streamrec_core.models.known_items import KnownItems
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom


class SequenceModel(nn.Module):
    """A `GradientModel` that can be trained: it has a state at every position of a history."""

    name: str
    max_events: int
    predicts_from: PredictsFrom = "last event"
    embedding: EventEmbedding
    item_match: KnownItems | None = None
    """What it knows of the data set it was opened for; None where that has the very catalogue it learned."""
    engagement_match: KnownEngagements | None = None
    """Which engagement each word of the data set counts as; None where that has the very words it learned."""

    @abstractmethod
    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States from event embeddings; the state at a position sees nothing after it.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, L, D) Tensor
        """

    @abstractmethod
    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) of every catalogue item from states (..., D)."""

    def open_for(self, item_match: KnownItems) -> None:
        """Put all that is kept by item into the order of a data set; its items are then known by their rows there."""
        for module in self.modules():
            renumber: Callable[[KnownItems], None] | None = getattr(module, "renumber_items", None)
            if renumber is not None:
                renumber(item_match)
        self.item_match = item_match

    def open_for_words(self, engagement_match: KnownEngagements) -> None:
        """Put all that is kept by engagement into the order of a data set's words."""
        codes = torch.tensor(engagement_match.codes)
        reading = False
        for module in self.modules():
            renumber: Callable[[Tensor], None] | None = getattr(module, "renumber_engagements", None)
            if renumber is not None:
                renumber(codes)
                reading |= module is not self.embedding or self.embedding.engagements is not None
        # A model that reads no engagement knows none, and needs no stand-in.
        self.engagement_match = engagement_match if reading else None

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer; none unless the model has attention."""
        return ()

    @property
    def catalogue_size(self) -> int:
        """How many items it scores."""
        return self.embedding.size

    def item_embeddings(self) -> Tensor:
        """The item embedding table (V, D), category part included."""
        return self.embedding.table()

    def tied_scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) of states (..., D) against the item vectors, plus a bias an item where there is one."""
        return nn.functional.linear(states, self.item_embeddings(), self.embedding.item_bias)

    def embed(self, batch: Batch) -> Tensor:
        """Summed event embeddings (B, L, D), before positions; zero for hidden events."""
        vectors: Tensor = self.embedding(batch)
        return vectors if batch.hidden is None else vectors.masked_fill(batch.hidden.unsqueeze(-1), 0.0)

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Scores of the next item from event embeddings.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, V) Tensor
        """
        return self.scores(self.last_state(embedded, batch))

    def learning_state(self, batch: Batch, learned: Tensor) -> ItemScores:
        """What the scores at the P positions that are learned from are made of.

        Parameters
        ----------
        batch : Batch
        learned : (B, L) bool

        Returns
        -------
        ItemScores
            Of P predictions.
        """
        states = self.states(self.embed(batch), batch)[learned]
        return ItemScores(states, self.item_rows, self.item_table, self.embedding.size)

    def item_rows(self, items: Tensor) -> ItemVectors:
        """What states are multiplied with for the scores of items (n,), and the items' biases."""
        bias = self.embedding.item_bias
        return self.embedding.rows(items), None if bias is None else bias[items]

    def item_table(self) -> ItemVectors:
        """What states are multiplied with for the scores of all items, and the items' biases."""
        return self.embedding.table(), self.embedding.item_bias

    def count(self, log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool) -> None:
        """Fill tables that are counted on the training part instead of learned; most models have none.

        Parameters
        ----------
        log : EventLog
        examples : Examples
            Histories with their targets; nothing behind a target is read.
        catalogue : Catalogue
        last_only : bool
            Whether nothing but the last target of each history is learned from.
        """
        return

    def readable_parameters(self) -> list[nn.Parameter]:
        """Parameters that people read as they are, which learn at a rate of their own; none in most models."""
        return []

    def last_state(self, embedded: Tensor, batch: Batch) -> Tensor:
        """State at the last event of each history.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, D) Tensor
        """
        return at_last(self.states(embedded, batch), batch.lengths)

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V) of the next item."""
        return self.logits_from(self.embed(batch), batch)

    def forward(self, batch: Batch) -> Tensor:
        """The same as `logits`."""
        return self.logits(batch)

    def parameter_count(self) -> int:
        """Number of trained figures."""
        return sum(parameter.numel() for parameter in self.parameters())
