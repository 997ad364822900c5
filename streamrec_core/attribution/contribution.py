"""What every head and named term brings to a model's first recommendations, as means over many sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from streamrec_core.attention.rows import head_names
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.contributions import contributions as split_scores
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
    adds : float or None
        Of a head, or all of them, of an additive model: mean size of what it adds to the first recommendation's score,
        whichever its sign; else None.
    adds_interval : (float, float) or None
        95 % bootstrap interval of that mean.
    """

    name: str
    kind: Kind
    fall: float
    interval: tuple[float, float]
    adds: float | None = None
    adds_interval: tuple[float, float] | None = None


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
    cases = first_recommendations(model, dataset, examples)
    ablated = switch_off_each(model, dataset.catalogue, cases)
    _, layers, heads = ablated.heads.shape
    sizes = added_sizes(model, cases) if isinstance(model, AdditiveModel) else None
    parts = [
        _part(name, "head", ablated.heads.reshape(-1, layers * heads)[:, at], None if sizes is None else sizes[:, at])
        for at, name in enumerate(head_names(layers, heads))
    ]
    parts.append(_part("all heads at once", "all heads", ablated.together, None if sizes is None else sizes[:, -1]))
    return (*parts, *(_part(name, "named term", ablated.terms[name]) for name in owned_terms(model)))


def _part(name: str, kind: Kind, falls: Values, sizes: Values | None = None) -> Contribution:
    adds = () if sizes is None else (float(sizes.mean()), interval(sizes))
    return Contribution(name, kind, float(falls.mean()), interval(falls), *adds)


def added_sizes(model: AdditiveModel, cases: Sequence[Case]) -> Values:
    """(n, A + 1) size of what each of A heads, and all together, adds to the candidate's score, whichever its sign."""
    by_head = np.stack([split_scores(model, case.history, [case.candidate]).by_head[0].ravel() for case in cases])
    sizes: Values = np.abs(np.column_stack([by_head, by_head.sum(1)]))
    return sizes


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
