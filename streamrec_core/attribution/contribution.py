"""What every head and named term brings to a model's first recommendations, as means over many sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamrec_core.attention.rows import head_names
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.removal import Case, Values, case_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.protocol import AdditiveModel, SessionModel

Kind = Literal["head", "all heads", "named term"]


@dataclass(frozen=True)
class Contribution:
    """What one part brings.

    Attributes
    ----------
    name : str
        "layer 0, head 1", "all heads at once", or a name in `TERMS`.
    fall : float
        Mean fall of the first recommendation's log-probability, in nats, when the part is switched off; negative
        where it rises.
    interval : (float, float)
        95 % bootstrap interval of the mean, over sessions.
    """

    name: str
    kind: Kind
    fall: float
    interval: tuple[float, float]


def contributions(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[Contribution, ...]:
    """Switch off every head, all heads at once and, where the model has them, every named term.

    Returns
    -------
    tuple of Contribution
        Heads layer by layer, all of them, then the terms that some head has; empty for a model without attention.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not len(examples):
        raise BadInput(f"{dataset.name}: no session to look at; give more sessions")
    if not model.attention_probes():
        return ()
    found = switch_off_each(model, dataset.catalogue, first_recommendations(model, dataset, examples))
    _, layers, heads = found.heads.shape
    parts: list[tuple[str, Kind, Values]] = [
        (name, "head", found.heads[:, place // heads, place % heads])
        for place, name in enumerate(head_names(layers, heads))
    ]
    parts.append(("all heads at once", "all heads", found.together))
    parts += [(name, "named term", found.terms[name]) for name in owned_terms(model)]
    return tuple(Contribution(name, kind, float(values.mean()), interval(values)) for name, kind, values in parts)


def first_recommendations(model: SessionModel, dataset: DataSet, examples: Examples) -> list[Case]:
    """A case for each example: its history, and the item that the model names first after it."""
    first = rank(model, dataset, examples).top[:, 0]
    found = []
    for row, end, candidate in zip(examples.sessions, examples.ends, first, strict=True):
        session = dataset.log.session(int(row))
        history = Session(session.session_id, session.items[:end], session.engagements[:end])
        found.append(case_of(history, int(candidate), model, dataset.card.filter_seen))
    return found


def owned_terms(model: SessionModel) -> list[str]:
    """Terms that some head has; the others cannot bring anything. None for a model without named terms."""
    if not isinstance(model, AdditiveModel):
        return []
    figures = [terms.figures() for terms in model.named_terms()]
    return [name for name in figures[0] if any(value is not None for layer in figures for value in layer[name])]
