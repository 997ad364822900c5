"""Importance of each attention head and named term (head ablation): what first recommendations lose without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.rows import head_names
from streamrec_core.attribution.ablation import switch_off_each
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.contributions import contributions
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.protocol import AdditiveModel, SessionModel

Values = npt.NDArray[np.float64]
PartKind = Literal["head", "all heads", "named term"]


@dataclass(frozen=True)
class PartImportance:
    """What one part of a model is worth to its first recommendations.

    Attributes
    ----------
    name : str
        "Layer 0 head 1", "all heads at once", or a name in `TERMS`.
    log_prob_drop : float
        Mean drop of the first recommendation's log-probability, in nats, when the part is switched off; negative
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
    kind: PartKind
    log_prob_drop: float
    interval: tuple[float, float]
    adds: float | None = None
    adds_interval: tuple[float, float] | None = None


def part_importance(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[PartImportance, ...]:
    """Switch off every head, all heads at once and, where the model has them, every named term.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        Whose first recommendations are analysed.

    Returns
    -------
    tuple of PartImportance
        Heads layer by layer, all of them, then the terms that some head has; empty for a model without attention.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not len(examples):
        raise BadInput(f"{dataset.name}: no sessions to analyse; give more sessions")
    if not model.attention_probes():
        return ()
    histories = examples.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    ablated = switch_off_each(model, dataset.catalogue, cases)
    _, layers, heads = ablated.heads.shape
    drops = ablated.heads.reshape(-1, layers * heads)  # (n, layers, H) -> (n, A)
    sizes = added_sizes(model, cases) if isinstance(model, AdditiveModel) else None
    parts = [
        _part(name, "head", drops[:, row], None if sizes is None else sizes[:, row])
        for row, name in enumerate(head_names(layers, heads))
    ]
    parts.append(_part("all heads at once", "all heads", ablated.together, None if sizes is None else sizes[:, -1]))
    return (*parts, *(_part(name, "named term", values) for name, values in ablated.terms.items()))


def _part(name: str, kind: PartKind, drops: Values, sizes: Values | None = None) -> PartImportance:
    adds = () if sizes is None else (float(sizes.mean()), interval(sizes))
    return PartImportance(name, kind, float(drops.mean()), interval(drops), *adds)


def added_sizes(model: AdditiveModel, cases: Sequence[Case]) -> Values:
    """Sizes of what the heads of an additive model add to each candidate's score, whichever the sign.

    Parameters
    ----------
    model : AdditiveModel
        With A heads in all layers together.
    cases : sequence of Case
        n of them.

    Returns
    -------
    (n, A + 1) float64
        Head by head, then all together.
    """
    by_head = np.stack([contributions(model, case.history, [case.candidate]).by_head[0].ravel() for case in cases])
    sizes: Values = np.abs(np.column_stack([by_head, by_head.sum(1)]))
    return sizes
