"""The additive transformer: the score of every title is a sum of what each head adds because of each event."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models.additive_attention import AdditiveLayer
from streamrec_core.models.embedding import EventEmbedding, at_last, every_row, last_row
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.item_scores import ItemScores
from streamrec_core.models.local_context import LocalContext
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.terms import FEATURES, NamedTerms, TermInputBuilder, TermInputs


class AdditiveTransformer(SequenceModel):
    """Session transformer whose scores are exactly the sum of signed contributions.

    With E the tied item vectors and T the table of followers, the score of item c after a history is

        s(c) = bias(c) + start . E(c)
             + sum over layers l, heads h, events e of  a[l,h,e] * ((W[l,h] v[l,e]) . E(c) + g[l,h,e] T(item(e), c))

    Nothing nonlinear stands between heads and score: no feed-forward net, no norm. Events do not look at each other
    and queries ask nothing of the events, so that the layers do not compose: they are eight heads side by side, over
    events at two depths of their own net. Order enters through the named terms, and through the local context where
    there is one: v[l,e] then is of the event and the few right before it. g is a learned number for each head and
    engagement.
    """

    predicts_from: PredictsFrom = "readout"

    def __init__(
        self,
        embedding: EventEmbedding,
        term_inputs: TermInputBuilder,
        layers: Sequence[AdditiveLayer],
        followers: FollowerTable,
        dropout: float,
        max_events: int,
    ) -> None:
        super().__init__()
        self.name, self.max_events = "transformer", max_events
        self.embedding, self.term_inputs, self.followers = embedding, term_inputs, followers
        self.context = LocalContext(embedding.width, 0)
        self.start = nn.Parameter(torch.zeros(embedding.width))
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(layers)
        self._layers = tuple(layers)

    def read_together_with(self, context: LocalContext) -> AdditiveTransformer:
        """Read each event together with those right before it from now on."""
        self.context = context
        return self

    @property
    def bias(self) -> Tensor:
        """(V,) what the score of each item starts from: its popularity."""
        assert self.embedding.item_bias is not None  # held by `TransformerSettings`
        return self.embedding.item_bias

    @property
    def start_state(self) -> Tensor:
        """(D,) the state before any event."""
        return self.start

    @property
    def follower_table(self) -> FollowerTable:
        """Which titles came next after a title, or soon after."""
        return self.followers

    @property
    def context_events(self) -> int:
        """How many of the events right before it each event is read together with."""
        return self.context.events

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer."""
        return tuple(layer.attention.probe for layer in self._layers)

    def named_terms(self) -> tuple[NamedTerms, ...]:
        """The terms of each layer's heads."""
        return tuple(layer.attention.terms for layer in self._layers)

    def count(self, log: EventLog, examples: Examples, catalogue: Catalogue, last_only: bool) -> None:
        """Count the followers of every item.

        Parameters
        ----------
        log : EventLog
        examples : Examples
        catalogue : Catalogue
        last_only : bool
            See `FollowerTable.count`.
        """
        self.followers.count(log, examples, catalogue, last_only)

    def readable_parameters(self) -> list[nn.Parameter]:
        """What people read: named terms, and how much each head counts followers."""
        terms = [value for terms in self.named_terms() for value in terms.parameters()]
        return [*terms, *self.follower_weights()]

    def scale_scores(self, factor: float) -> None:
        """Multiply all that is not followers: biases, start, and what heads add."""
        for value in (self.bias, self.start, *(layer.attention.out_proj.weight for layer in self._layers)):
            value.data.mul_(factor)

    def follower_weights(self) -> tuple[nn.Parameter, ...]:
        """(H, 5) of each layer: how much each head counts the followers of an event it looks at, by engagement."""
        return tuple(layer.attention.following for layer in self._layers)

    def states(self, embedded: Tensor, batch: Batch) -> Tensor:
        """States of the predictions made after each event.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, L, D) Tensor
        """
        return self._read(embedded, batch, every_row(batch))[0]

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
        if any(probe.watched for probe in self.attention_probes()):
            states, following = self._read(embedded, batch, every_row(batch))
            state = at_last(states, batch.lengths)
            last = following[torch.arange(len(batch), device=embedded.device), batch.lengths - 1]
        else:
            state, last = (value.squeeze(1) for value in self._read(embedded, batch, last_row(batch)))
        return self.tied_scores(state) + self.followers.scores(batch.items, last)

    def learning_state(self, batch: Batch, learned: Tensor) -> ItemScores:
        """What the scores at the P positions that are learned from are made of.

        Parameters
        ----------
        batch : Batch
            With targets.
        learned : (B, L) bool

        Returns
        -------
        ItemScores
            Of P predictions, with the followers of their events.
        """
        assert batch.targets is not None
        states, following = self._read(self.embed(batch), batch, every_row(batch))
        row, at = torch.nonzero(learned, as_tuple=True)
        added = self.followers.of_predictions(batch.items[row], at, batch.targets[row, at], following[row, at])
        return ItemScores(states[learned], self.item_rows, self.item_table, self.embedding.size, *added)

    def scores(self, states: Tensor) -> Tensor:
        """Scores (..., V) of states (..., D), followers left out."""
        return self.tied_scores(states)

    def _read(self, embedded: Tensor, batch: Batch, at: Tensor) -> tuple[Tensor, Tensor]:
        """States (B, T, D) after the events at `at` (B, T), and how much each event's followers count (B, T, L)."""
        events, readout = self.context(self.dropout(embedded), batch.hidden), self.start
        following = torch.zeros((), device=embedded.device)
        term_inputs, features = self._term_features(batch, at)
        for layer in self._layers:
            events, seen = layer(events)
            attention = layer.attention
            gain, weights = attention(seen, attention.terms(features, term_inputs))
            readout = readout + self.dropout(gain)
            following = following + attention.following_weights(weights, batch.engagements).sum(1)
        return readout, following

    def _term_features(self, batch: Batch, at: Tensor) -> tuple[TermInputs, dict[str, Tensor]]:
        inputs, names = self.term_inputs(batch, at), self._layers[0].attention.terms.names
        return inputs, {name: feature(inputs) for name, feature in FEATURES.items() if name in names}

    def event_parts(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What each head adds because of each event after the last one; zero at padding.

        Returns
        -------
        state : (B, layers, H, L, D)
            Summands of the state; their products with item vectors are contributions.
        following : (B, layers, H, L)
            Factors on the followers of each event, see `FollowerTable.along`; these products are contributions too.
        """
        events, states, following = self.context(self.embed(batch), batch.hidden), [], []
        term_inputs, features = self._term_features(batch, last_row(batch))
        for layer in self._layers:
            events, seen = layer(events)
            attention = layer.attention
            weights = attention.weights(attention.content(seen), attention.terms(features, term_inputs))
            states.append(attention.parts(weights.squeeze(2), seen))
            following.append(attention.following_weights(weights, batch.engagements).squeeze(2))
        return torch.stack(states, 1), torch.stack(following, 1)

    def head_inputs(self, embedded: Tensor) -> list[Tensor]:
        """What heads see of events (..., L, D): by layer, content (..., L, H) and then value (..., L, H x D/H)."""
        events, inputs = self.context(embedded), []
        for layer in self._layers:
            events, seen = layer(events)
            inputs += [layer.attention.content(seen), layer.attention.value(seen)]
        return inputs

    def value_vectors(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """What each event hands to the readout where its weight is 1, layer by layer.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        list of (B, H, L, D) Tensor
        """
        events, vectors = self.context(embedded, batch.hidden), []
        for layer in self._layers:
            events, seen = layer(events)
            vectors.append(layer.attention.value_vectors(seen))
        return vectors

    def scores_of_inputs(self, inputs: Sequence[Tensor], batch: Batch) -> Tensor:
        """Scores where heads see given inputs instead of those that the event nets compute.

        Parameters
        ----------
        inputs : sequence of Tensor
            Content (B, L, H) and value (B, L, ...) of each layer, as `head_inputs` gives them.
        batch : Batch

        Returns
        -------
        (B, V) Tensor
        """
        term_inputs, features = self._term_features(batch, last_row(batch))
        state: Tensor = self.start
        following = torch.zeros((), device=batch.items.device)
        for layer, content, value in zip(self._layers, inputs[::2], inputs[1::2], strict=True):
            attention = layer.attention
            weights = attention.weights(content, attention.terms(features, term_inputs))
            state = state + attention.mixed(weights, value).squeeze(1)
            following = following + attention.following_weights(weights, batch.engagements).sum(1).squeeze(1)
        return self.tied_scores(state) + self.followers.scores(batch.items, following)

    def edited_scores(self, batch: Batch) -> Tensor:
        """Scores (B, V), equal to `logits`, when the histories are edits of each other and so share their events.

        An event's key and value depend on its item and engagement and on those of its local context alone. The net
        runs once for each combination that occurs; for each history there remain the named terms, one softmax row a
        head, and the sum.
        """
        words = self._layers[0].attention.following.shape[1]
        runs, run_of = self.context.distinct(batch.items * words + batch.engagements, batch.hidden)
        codes, rows = torch.unique(torch.cat([runs.new_full((1,), -1), runs.flatten()]), return_inverse=True)
        pairs = Batch(
            (codes[1:] // words).unsqueeze(0),
            (codes[1:] % words).unsqueeze(0),
            torch.tensor([len(codes) - 1], device=codes.device),
        )
        # (N, D) of each pair of item and engagement -> (U, D) of each event with its context
        events = self.context.of_runs(self.embed(pairs).squeeze(0), rows[1:].view_as(runs) - 1)
        items, engagements = runs[:, 0] // words, runs[:, 0] % words
        term_inputs, features = self._term_features(batch, last_row(batch))
        state, following = self.start, torch.zeros((), device=runs.device)
        for layer in self._layers:
            events, seen = layer(events)
            attention = layer.attention
            weights = attention.weights(
                attention.content(seen)[run_of], attention.terms(features, term_inputs)
            ).squeeze(2)
            # (B, H, L) -> (B, H, U): what occurs twice has the sum of its weights
            by_run = weights.new_zeros(*weights.shape[:2], len(runs))
            by_run.scatter_add_(2, run_of.unsqueeze(1).expand_as(weights), weights)
            values = attention.values_by_head(seen)
            state = state + attention.out_proj(torch.einsum("bhu,uhd->bhd", by_run, values).flatten(1))
            counted = attention.following_weights(by_run.unsqueeze(2), engagements.unsqueeze(0))  # (B, H, 1, U)
            following = following + counted.sum((1, 2))
        return self.followers.add_shared(self.tied_scores(state), items, following)
