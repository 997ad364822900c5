"""What every head of a model does over many sessions, in one record: reads attention, never judges a recommendation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamrec_core.attention.batch_measures import TYPES, TypeShare, measure_rows, quantiles, type_shares
from streamrec_core.attention.rows import PredictingRows, Progress, Values, head_names, predicting_rows
from streamrec_core.attention.spread import Spread, by_category, by_distance, by_engagement
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.models.protocol import SessionModel

MEASURES = ("entropy", "recency", "same category")


@dataclass(frozen=True, eq=False)
class HeadProfile:
    """A = layers * heads, layer by layer.

    Attributes
    ----------
    sessions : int
        How many were looked at.
    names : tuple of A str
        "layer 0, head 1".
    types : tuple of A tuples of TypeShare
        Each in the order of `TYPES`.
    uniform : tuple of float
        How often uniform attention would have been called each of `TYPES`.
    measures : dict of str to (A, 5) float64
        By name in `MEASURES`: the 5, 25, 50, 75 and 95 % quantiles over sessions.
    distance, category, engagement : Spread
    similarity : (A + 1, A + 1) float64
        See `similarity`; uniform attention stands last.
    """

    layers: int
    heads: int
    sessions: int
    names: tuple[str, ...]
    types: tuple[tuple[TypeShare, ...], ...]
    uniform: tuple[float, ...]
    measures: dict[str, Values]
    distance: Spread
    category: Spread
    engagement: Spread
    similarity: Values

    def most_often(self, head: int) -> TypeShare:
        """The commonest type of a head."""
        return max(self.types[head], key=lambda found: found.share)

    def most_alike(self) -> tuple[int, int] | None:
        """The two heads that look most alike; None where there are fewer than two."""
        count = len(self.names)
        if count < 2:
            return None
        apart = np.where(np.tri(count, k=-1, dtype=bool), self.similarity[:count, :count], -np.inf)
        one, other = np.unravel_index(int(apart.argmax()), apart.shape)
        return int(other), int(one)


def profile(
    model: SessionModel, dataset: DataSet, examples: Examples, progress: Progress | None = None
) -> HeadProfile | None:
    """Look at what all heads do over the examples; None for a model without attention.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not model.attention_probes():
        return None
    rows = predicting_rows(model, dataset, examples, progress)
    found = measure_rows(rows, dataset.catalogue)
    return HeadProfile(
        layers=rows.layers,
        heads=rows.heads,
        sessions=len(rows),
        names=head_names(rows.layers, rows.heads),
        types=type_shares(found),
        uniform=tuple(float((found.types_under_uniform == place).mean()) for place in range(len(TYPES))),
        measures={
            name: quantiles(values)
            for name, values in zip(MEASURES, (found.entropy, found.recency, found.same_category), strict=True)
        },
        distance=by_distance(rows),
        category=by_category(rows, dataset.catalogue),
        engagement=by_engagement(rows, dataset.card.wording),
        similarity=similarity(rows),
    )


def type_profile(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[tuple[TypeShare, ...], ...]:
    """The share of each type alone, head by head; empty for a model without attention."""
    return type_shares(measure_rows(predicting_rows(model, dataset, examples), dataset.catalogue))


def similarity(rows: PredictingRows) -> Values:
    """How alike heads look: 1 less the Jensen-Shannon divergence (Lin 1991, in bits) of their weights.

    Returns
    -------
    (A + 1, A + 1) float64
        Mean over sessions, between 0 (nothing in common) and 1 (the same); uniform attention is last.
    """
    weights = np.concatenate([rows.weights.astype(np.float64), rows.uniform[:, None]], axis=1)
    count = weights.shape[1]
    own = _plogp(weights).sum(-1)
    found = np.ones((count, count))
    for one in range(count):
        for other in range(one):
            middle = _plogp((weights[:, one] + weights[:, other]) / 2).sum(-1)
            divergence = (own[:, one] + own[:, other]) / 2 - middle
            found[one, other] = found[other, one] = 1 - float(divergence.clip(0, 1).mean())
    return found


def _plogp(weights: Values) -> Values:
    return weights * np.log2(weights, out=np.zeros_like(weights), where=weights > 0)
