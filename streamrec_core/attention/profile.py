"""Profile of attention heads over many sessions: types, measures, spread, and similarity, beside uniform attention."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from streamrec_core.attention.batch_measures import TypeShare, measure_rows, quantiles, type_shares
from streamrec_core.attention.measures import TYPES
from streamrec_core.attention.rows import PredictingRows, Progress, Values, head_names, predicting_rows
from streamrec_core.attention.special_positions import mean_special_shares
from streamrec_core.attention.spread import Spread, by_category, by_distance, by_engagement
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.models.protocol import SessionModel

MEASURES = ("entropy", "recency", "same category")


@dataclass(frozen=True, eq=False)
class HeadProfile:
    """What A = layers * heads attention heads attend to, layer by layer.

    Attributes
    ----------
    layers, heads : int
    sessions : int
        How many were analysed.
    names : tuple of A str
        "Layer 0 head 1".
    types : tuple of A tuples of TypeShare
        Each in the order of `TYPES`.
    uniform : tuple of float
        How often uniform attention would get each of `TYPES`.
    measures : dict of str to (A, 5) float64
        By name in `MEASURES`: the 5, 25, 50, 75 and 95 % quantiles over sessions.
    distance, category, engagement : Spread
    similarity : (A + 1, A + 1) float64
        See `similarity`; uniform attention is last.
    special : (A, 3) float64
        As `mean_special_shares` gives it: attention on padding, MASK and the like; no row where there is none.
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
    special: Values = field(default_factory=lambda: np.zeros((0, 3)))

    def most_often(self, head: int) -> TypeShare:
        """The commonest type of a head."""
        return max(self.types[head], key=lambda type_share: type_share.share)

    def most_alike(self) -> tuple[int, int] | None:
        """The two heads that look most alike; None where there are fewer than two."""
        count = len(self.names)
        if count < 2:
            return None
        pairs = np.where(np.tri(count, k=-1, dtype=bool), self.similarity[:count, :count], -np.inf)
        second, first = np.unravel_index(int(pairs.argmax()), pairs.shape)
        return int(first), int(second)


def profile(
    model: SessionModel, dataset: DataSet, examples: Examples, progress: Progress | None = None
) -> HeadProfile | None:
    """Profile all attention heads of a model over examples.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        N sessions that are analysed.
    progress : callable or None
        Called with the share done, 0 to 1.

    Returns
    -------
    HeadProfile or None
        None for a model without attention.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not model.attention_probes():
        return None
    rows = predicting_rows(model, dataset, examples, progress)
    measured = measure_rows(rows, dataset.catalogue)
    columns = (measured.entropy, measured.recency, measured.same_category)
    return HeadProfile(
        layers=rows.layers,
        heads=rows.heads,
        sessions=len(rows),
        names=head_names(rows.layers, rows.heads),
        types=type_shares(measured),
        uniform=tuple(float((measured.types_under_uniform == code).mean()) for code in range(len(TYPES))),
        measures={name: quantiles(values) for name, values in zip(MEASURES, columns, strict=True)},
        distance=by_distance(rows),
        category=by_category(rows, dataset.catalogue),
        engagement=by_engagement(rows, dataset.catalogue.words),
        similarity=similarity(rows),
        special=mean_special_shares(model, dataset, examples),
    )


def type_profile(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[tuple[TypeShare, ...], ...]:
    """Share of each head type alone, head by head.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples

    Returns
    -------
    tuple of tuples of TypeShare
        As `HeadProfile.types`; empty for a model without attention.
    """
    return type_shares(measure_rows(predicting_rows(model, dataset, examples), dataset.catalogue))


def similarity(rows: PredictingRows) -> Values:
    """How alike heads look: 1 less the Jensen-Shannon divergence (Lin 1991, in bits) of their weights.

    Returns
    -------
    (A + 1, A + 1) float64
        Mean over sessions, between 0 (nothing in common) and 1 (the same); uniform attention is last.
    """
    weights = np.concatenate([rows.weights.astype(np.float64), rows.uniform[:, None]], axis=1)  # (N, A + 1, L)
    count = weights.shape[1]
    negentropy = _plogp(weights).sum(-1)
    alike = np.ones((count, count))
    for first in range(count):
        for second in range(first):
            middle = _plogp((weights[:, first] + weights[:, second]) / 2).sum(-1)
            divergence = (negentropy[:, first] + negentropy[:, second]) / 2 - middle
            alike[first, second] = alike[second, first] = 1 - float(divergence.clip(0, 1).mean())
    return alike


def _plogp(weights: Values) -> Values:
    return weights * np.log2(weights, out=np.zeros_like(weights), where=weights > 0)
