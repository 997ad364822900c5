"""Protocols of session models: what analyses may call, whatever the kind of model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.terms import TERMS, TIME_GAP, NamedTerms

PredictsFrom = Literal["last event", "readout", "mask"]
"""readout: a position that holds no item, to which events do not attend; mask: a position behind the last event."""


@runtime_checkable
class SessionModel(Protocol):
    """Anything that scores the whole catalogue for a batch of histories.

    Attributes
    ----------
    name : str
        Stands in tables and on pages.
    max_events : int
        How many events before the target it looks at.
    predicts_from : str
        Where its attention looks from when it predicts: the last event, a readout that holds no item, or a MASK
        behind the last event, whose row then stands in place of that event's.
    """

    name: str
    max_events: int
    predicts_from: PredictsFrom

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V) of every catalogue item as the next one; higher is more likely."""
        ...

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """One probe a layer; empty where the model has no attention."""
        ...


WeightKind = Literal["shares", "weights", "signed"]
"""shares: a softmax, rows sum to 1 over all positions; weights: of any sum (SiLU); signed: differences of maps."""


@runtime_checkable
class ForeignAttention(SessionModel, Protocol):
    """A model of another library, whose attention may lie on positions without an event and need not be a softmax.

    Its probes show the weights on events, scaled so that their absolute values sum to 1.

    Attributes
    ----------
    weight_kind : str
    hides_in_place : bool
        Whether an event that is hidden keeps its position; else hiding removes it.
    """

    weight_kind: WeightKind
    hides_in_place: bool

    def special_shares(self, batch: Batch) -> Tensor:
        """(B, layers, H) share of each head's attention, from where it predicts, on padding, MASK and the like."""
        ...


ControlKind = Literal["shuffled", "untrained"]
"""shuffled: every weight tensor in random order; untrained: fresh weights."""


@runtime_checkable
class ControlledModel(SessionModel, Protocol):
    """A model that makes its own controls, since it cannot be copied: another library's, behind a function."""

    def control(self, kind: ControlKind, seed: int) -> SessionModel | None:
        """The same model with other weights; None where there is no such control.

        Parameters
        ----------
        kind : str
            shuffled or untrained.
        seed : int

        Returns
        -------
        SessionModel or None
        """
        ...


@runtime_checkable
class GradientModel(SessionModel, Protocol):
    """A session model that gradients can be taken through."""

    def item_embeddings(self) -> Tensor:
        """The item embedding table (V, D)."""
        ...

    def embed(self, batch: Batch) -> Tensor:
        """Summed event embeddings (B, L, D), before positions."""
        ...

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Scores from event embeddings that may have been changed.

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        (B, V) Tensor
        """
        ...


@runtime_checkable
class ValueModel(GradientModel, Protocol):
    """A model whose attention tells what each event hands on."""

    def value_vectors(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """What each event hands to the predicting position where its weight is 1, layer by layer.

        That is its value vector through the layer's output map (Kobayashi et al. 2020, eq. 3).

        Parameters
        ----------
        embedded : (B, L, D)
        batch : Batch

        Returns
        -------
        list of (B, H, L, D) Tensor
        """
        ...


@runtime_checkable
class AdditiveModel(GradientModel, Protocol):
    """A model whose score of every item is a sum of contributions, with named terms in its attention scores.

    With (state, following) = `event_parts`, the score of item c is `bias[c] + start_state . E[c]` and, summed over
    layers, heads and events e, `state . E[c] + following * T(item of e, c)`, T being the table of followers.
    """

    @property
    def start_state(self) -> Tensor:
        """(D,) the state before any event."""
        ...

    @property
    def follower_table(self) -> FollowerTable:
        """Which titles came next after a title, or soon after."""
        ...

    @property
    def context_events(self) -> int:
        """How many of the events right before it each event is read together with."""
        ...

    @property
    def bias(self) -> Tensor:
        """(V,) what the score of each item starts from."""
        ...

    def named_terms(self) -> tuple[NamedTerms, ...]:
        """The terms of each layer's heads."""
        ...

    def follower_weights(self) -> tuple[Tensor, ...]:
        """(H, 5) of each layer: how much each head counts the followers of an event it looks at, by engagement."""
        ...

    def event_parts(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What each head adds because of each event: to the state (B, layers, H, L, D), and as a factor on its
        followers (B, layers, H, L); zero at padding.
        """
        ...

    def edited_scores(self, batch: Batch) -> Tensor:
        """Scores (B, V), equal to `logits` outside training, with what the histories share computed once."""
        ...

    def head_inputs(self, embedded: Tensor) -> list[Tensor]:
        """What heads see of events (..., L, D): by layer, content (..., L, H) and then value (..., L, H x P)."""
        ...

    def scores_of_inputs(self, inputs: Sequence[Tensor], batch: Batch) -> Tensor:
        """Scores where heads see given inputs.

        Parameters
        ----------
        inputs : sequence of Tensor
            Content (B, L, H) and value (B, L, H x P) of each layer.
        batch : Batch

        Returns
        -------
        (B, V) Tensor
        """
        ...


@runtime_checkable
class WeighsFollowers(AdditiveModel, Protocol):
    """An additive model whose followers can be weighed when all else is learned."""

    def scale_scores(self, factor: float) -> None:
        """Multiply all that is not followers."""
        ...


def term_names(model: SessionModel) -> tuple[str, ...]:
    """Named terms that some head has; none for a model that is not additive."""
    if not isinstance(model, AdditiveModel):
        return ()
    return tuple(name for name in TERMS if any(terms.has(name) for terms in model.named_terms()))


def reads_times(model: SessionModel) -> bool:
    """Whether scores depend on the times of events."""
    return TIME_GAP in term_names(model)


def context_of(model: SessionModel) -> int:
    """How many of the events right before it each event is read together with; 0 for a model that is not additive."""
    return model.context_events if isinstance(model, AdditiveModel) else 0
