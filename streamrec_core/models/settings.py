"""Architectures as frozen settings, and the one place that builds a model from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from torch import nn

from streamrec_core.config import Settings
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput
from streamrec_core.models.additive import AdditiveTransformer
from streamrec_core.models.additive_attention import AdditiveAttention, AdditiveLayer
from streamrec_core.models.attention import TransformerLayer
from streamrec_core.models.embedding import EventEmbedding
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.local_context import LocalContext
from streamrec_core.models.lstm import SessionLSTM
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.terms import JOBS, NamedTerms, TermInputBuilder
from streamrec_core.models.transformer import PositionsFromEnd, SessionTransformer, SinusoidalPositions


class TransformerSettings(Settings):
    """The session transformer.

    Attributes
    ----------
    positions
        `sinusoidal`, fixed and counted from the first event; `from_end`, learned and counted from the last.
    scaled
        Whether event embeddings are multiplied by sqrt(width).
    start
        Standard deviation of the first embeddings.
    tied
        Whether items are scored against their own embeddings or through a separate linear layer.
    item_dropout
        Share of events whose item vector is left out in training.
    max_events
        How many of the last events the model sees.
    item_bias
        Whether every item has a learned bias, its popularity.
    item_start
        Standard deviation of the first item vectors beside a category table; without one they start at `start`.
    additive
        Scores are the sum of what each head adds because of each event, predicted from a readout that holds no item;
        else the prediction is made from the last event.
    jobs
        Of an additive model, names in `JOBS`, one for each head, layer by layer and begun anew where there are fewer:
        the named terms in the attention scores of each head.
    followers
        Of an additive model: how many titles that came next are counted for each title; 0: none.
    followers_within
        Of an additive model: how many events after a title its followers may come. 1: the next one, and how much heads
        count them is learned with all else. More: all else is learned without them, and at the end they are weighed
        on the validation part.
    content_limit
        Of an additive model: how far an event's content can move its attention score; the named terms have no limit.
    context_events
        Of an additive model: how many of the events right before it each event is read together with. 0: what an event
        adds is its own; with more, it counts for what it says after those.
    head_width
        Of an additive model: how many numbers a head passes on of each event; None: the width divided by the heads.
    time_gaps
        Of an additive model: whether its heads, but for those started for the last event, weigh how long before the
        last event each one was.
    """

    layers: int = Field(2, ge=1, le=12)
    heads: int = Field(4, ge=1, le=16)
    width: int = Field(128, ge=4, le=1024)
    feed_forward: int = Field(512, ge=4, le=4096)
    dropout: float = Field(0.1, ge=0, lt=1)
    positions: Literal["sinusoidal", "from_end"] = "from_end"
    with_category: bool = True
    with_engagement: bool = True
    scaled: bool = True
    start: float = Field(0.02, gt=0)
    tied: bool = True
    item_dropout: float = Field(0.0, ge=0, lt=1)
    max_events: int = Field(50, ge=1, le=1000)
    item_bias: bool = False
    item_start: float = Field(0.0, ge=0)
    additive: bool = False
    jobs: tuple[str, ...] = ()
    followers: int = Field(0, ge=0, le=256)
    followers_within: int = Field(1, ge=1, le=50)
    content_limit: float = Field(1.0, ge=0, le=20)
    context_events: int = Field(0, ge=0, le=8)
    head_width: int | None = Field(None, ge=1, le=1024)
    time_gaps: bool = False

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(
                f"width {self.width} cannot be split over {self.heads} heads; choose a multiple of {self.heads}"
            )
        return self

    @model_validator(mode="after")
    def _jobs_are_known(self) -> Self:
        if unknown := set(self.jobs) - set(JOBS):
            raise ValueError(f"unknown jobs {', '.join(sorted(unknown))}; choose from {', '.join(JOBS)}")
        if self.jobs and not self.additive:
            raise ValueError("the recipe readable was replaced by additive; train the model again with recipe additive")
        if self.additive and not self.item_bias:
            raise ValueError("an additive model has a bias an item; set item_bias to true")
        if self.additive and not self.jobs:
            raise ValueError(f"an additive model needs a job for its heads; choose from {', '.join(JOBS)}")
        if not self.additive and (
            self.context_events or self.head_width or self.time_gaps or self.followers_within > 1
        ):
            raise ValueError(
                "context_events, head_width, time_gaps and followers_within are of additive models; leave them out "
                "or set additive to true"
            )
        return self


class LSTMSettings(Settings):
    """The LSTM that the transformer replaced: one state of `hidden` numbers."""

    hidden: int = Field(256, ge=1, le=2048)
    layers: int = Field(1, ge=1, le=4)
    width: int = Field(128, ge=4, le=1024)
    dropout: float = Field(0.1, ge=0, lt=1)
    with_category: bool = True
    with_engagement: bool = True
    scaled: bool = True
    start: float = Field(0.02, gt=0)
    item_bias: bool = False
    item_start: float = Field(0.0, ge=0)
    item_dropout: float = Field(0.0, ge=0, lt=1)
    max_events: int = Field(50, ge=1, le=1000)


Architecture = TransformerSettings | LSTMSettings


def parse_architecture(kind: str, values: dict[str, Any], origin: str | Path) -> Architecture:
    """Settings of a kind of model from plain values.

    Parameters
    ----------
    kind : str
        Name in `ARCHITECTURES`.
    values : dict
    origin : str or Path
        Where the values come from, for messages.

    Returns
    -------
    Architecture

    Raises
    ------
    BadInput
        The kind or a setting is unknown, or out of range.
    """
    if kind not in ARCHITECTURES:
        message = f"unknown model {kind!r}; choose one of {', '.join(ARCHITECTURES)}"
        if isinstance(origin, Path):
            raise BadInput(f": {message}", path=origin, fields=["model"], value=kind, allowed=[*ARCHITECTURES])
        raise BadInput(f"{origin}: {message}", fields=["model"], value=kind, allowed=[*ARCHITECTURES])
    return ARCHITECTURES[kind].parse(values, origin)


def build_model(settings: Architecture, catalogue: Catalogue) -> SequenceModel:
    """A model with fresh weights for a catalogue; torch's random state decides them.

    Parameters
    ----------
    settings : Architecture
    catalogue : Catalogue

    Returns
    -------
    SequenceModel

    Examples
    --------
    >>> import numpy as np
    >>> from streamrec_core.data.batches import batch_of
    >>> from streamrec_core.data.log import Session
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue
    >>> catalogue = case_study_catalogue()
    >>> model = build_model(TransformerSettings(width=8, heads=2, feed_forward=16), catalogue).eval()
    >>> history = Session("s1", items=np.array([3, 7, 7], np.int32), engagements=np.array([0, 1, 4], np.int8))
    >>> scores = model.logits(batch_of([history], len(catalogue), model.max_events))
    >>> scores.shape == (1, len(catalogue))
    True
    """
    return BUILDERS[type(settings)](settings, catalogue)


def _embedding(settings: Architecture, catalogue: Catalogue) -> EventEmbedding:
    table = EventEmbedding(
        catalogue,
        width=settings.width,
        with_category=settings.with_category,
        with_engagement=settings.with_engagement,
        scale=math.sqrt(settings.width) if settings.scaled else 1.0,
        item_dropout=settings.item_dropout,
    )
    if settings.item_bias:
        table.add_item_bias()
    return table.start_at(settings.start, settings.item_start)


POSITIONS: dict[str, Callable[[int, int], nn.Module]] = {
    "sinusoidal": SinusoidalPositions,
    "from_end": PositionsFromEnd,
}


def _transformer(settings: TransformerSettings, catalogue: Catalogue) -> SequenceModel:
    if settings.additive:
        return _additive(settings, catalogue)
    layers = [
        TransformerLayer(settings.width, settings.heads, settings.feed_forward, settings.dropout, layer)
        for layer in range(settings.layers)
    ]
    return SessionTransformer(
        _embedding(settings, catalogue),
        positions=POSITIONS[settings.positions](settings.max_events, settings.width),
        layers=layers,
        output=None if settings.tied else nn.Linear(settings.width, len(catalogue) + 1),
        dropout=settings.dropout,
        max_events=settings.max_events,
    )


def _additive(settings: TransformerSettings, catalogue: Catalogue) -> AdditiveTransformer:
    jobs = [name for _, name in zip(range(settings.layers * settings.heads), cycle(settings.jobs), strict=False)]
    layers = [
        AdditiveLayer(
            AdditiveAttention(
                settings.width,
                settings.dropout,
                layer,
                NamedTerms(
                    jobs[layer * settings.heads : (layer + 1) * settings.heads],
                    len(catalogue.words),
                    settings.time_gaps,
                ),
                settings.content_limit,
                settings.head_width,
            ),
            settings.width,
            settings.feed_forward,
            settings.dropout,
        )
        for layer in range(settings.layers)
    ]
    model = AdditiveTransformer(
        _embedding(settings, catalogue),
        TermInputBuilder(catalogue),
        layers,
        FollowerTable(len(catalogue), settings.followers, settings.followers_within),
        settings.dropout,
        settings.max_events,
    )
    for weights in model.follower_weights():
        weights.requires_grad_(settings.followers_within == 1)
    return model.read_together_with(LocalContext(settings.width, settings.context_events))


def _lstm(settings: LSTMSettings, catalogue: Catalogue) -> SessionLSTM:
    return SessionLSTM(
        _embedding(settings, catalogue),
        hidden=settings.hidden,
        layers=settings.layers,
        dropout=settings.dropout,
        max_events=settings.max_events,
    )


ARCHITECTURES: dict[str, type[Architecture]] = {"transformer": TransformerSettings, "lstm": LSTMSettings}
BUILDERS: dict[type[Architecture], Callable[[Any, Catalogue], SequenceModel]] = {
    TransformerSettings: _transformer,
    LSTMSettings: _lstm,
}
