"""What a model loses when a head or a named term is switched off: runs the model again, without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from streamrec_core.attention.rows import Progress, Values, head_names
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.ranking import score
from streamrec_core.models.probe import AttentionProbe, Edit, editing
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.terms import TERMS, NamedTerms, terms_off

Kind = Literal["head", "named term"]


@runtime_checkable
class HasTerms(Protocol):
    """A model whose heads have named terms."""

    def named_terms(self) -> tuple[NamedTerms, ...]:
        """The terms of each layer's heads."""
        ...


@dataclass(frozen=True)
class Contribution:
    """What one part brings.

    Attributes
    ----------
    fall : float
        Mean fall of the first recommendation's log-probability, in nats, when the part is switched off; negative
        where it rises.
    interval : (float, float)
        95 % bootstrap interval of the mean, over sessions.
    changed : float
        Share of the sessions that then have another first recommendation.
    """

    name: str
    kind: Kind
    fall: float
    interval: tuple[float, float]
    changed: float


def contributions(
    model: SessionModel, dataset: DataSet, examples: Examples, progress: Progress | None = None
) -> tuple[Contribution, ...]:
    """Switch off every head and, where the model has them, every named term, one at a time.

    A head that is switched off hands on nothing: its attention weights are zero. A term that is switched off is left
    out of the scores of all heads.

    Returns
    -------
    tuple of Contribution
        Heads layer by layer, then terms; empty for a model without attention.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not len(examples):
        raise BadInput(f"{dataset.name}: no session to look at; give more sessions")
    parts = [*_heads(model), *_terms(model)]
    if not parts:
        return ()
    top, whole = _first(model, dataset, examples)
    found = []
    for number, (name, kind, off) in enumerate(parts, start=1):
        with off():
            other, without = _first(model, dataset, examples, top)
        falls = whole - without
        found.append(Contribution(name, kind, float(falls.mean()), interval(falls), float((other != top).mean())))
        if progress is not None:
            progress(number / len(parts))
    return tuple(found)


Part = tuple[str, Kind, Callable[[], AbstractContextManager[None]]]


def _heads(model: SessionModel) -> list[Part]:
    probes = model.attention_probes()
    places = [(probe, head) for probe in probes for head in range(probe.heads)]
    names = head_names(len(probes), probes[0].heads) if probes else ()
    return [(name, "head", _without_head(*place)) for name, place in zip(names, places, strict=True)]


def _without_head(probe: AttentionProbe, head: int) -> Callable[[], AbstractContextManager[None]]:
    return lambda: editing({probe: silence(head)})


def silence(head: int) -> Edit:
    """An edit of attention weights (B, H, T, L) that switches one head off."""

    def edit(weights: Tensor) -> Tensor:
        kept = torch.ones(weights.shape[1], dtype=weights.dtype, device=weights.device)
        kept[head] = 0
        return weights * kept.view(-1, 1, 1)

    return edit


def _terms(model: SessionModel) -> list[Part]:
    """Terms that some head has learned a figure for; the others cannot bring anything."""
    layers: tuple[NamedTerms, ...] = model.named_terms() if isinstance(model, HasTerms) else ()
    figures = [terms.figures() for terms in layers]
    learned = [name for name in TERMS if any(any(layer[name]) for layer in figures)]
    return [(name, "named term", _without_term(name)) for name in learned]


def _without_term(name: str) -> Callable[[], AbstractContextManager[None]]:
    return lambda: terms_off([name])


def _first(
    model: SessionModel, dataset: DataSet, examples: Examples, items: IntArray | None = None
) -> tuple[IntArray, Values]:
    """First recommendation of each example, and the log-probability of `items` (M,), or of that recommendation."""
    top, found = np.zeros(len(examples), np.int64), np.zeros(len(examples))
    for places, scores in score(model, dataset, examples, dataset.card.filter_seen):
        first = scores.argmax(1)
        wanted = first if items is None else torch.from_numpy(items[places])
        logs = scores.double().log_softmax(1).gather(1, wanted.unsqueeze(1))
        top[places], found[places] = first.numpy(), logs.squeeze(1).numpy()
    return top, found
