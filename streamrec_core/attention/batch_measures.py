"""Attention head types of all heads over many sessions: measures, shares of each type, lift over uniform attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import stats

from streamrec_core.attention.measures import HEAD_TYPES, NO_PATTERN, TYPES, UNSCALED, HeadType, Measures, Thresholds
from streamrec_core.attention.rows import Bools, PredictingRows, Values
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.evaluation.metrics import CONFIDENCE, share_interval


@dataclass(frozen=True, eq=False)
class BatchMeasures:
    """`Measures` of A heads in N sessions.

    Attributes
    ----------
    entropy, recency, same_category : (N, A) float64
    types : (N, A) int64
        Indices into `TYPES`.
    types_under_uniform : (N,) int64
        The types that uniform attention over the same sessions would get.
    """

    entropy: Values
    recency: Values
    same_category: Values
    types: IntArray
    types_under_uniform: IntArray


def measure_rows(rows: PredictingRows, catalogue: Catalogue, thresholds: Thresholds | None = None) -> BatchMeasures:
    """Measure every head in every session, and name its type there.

    Parameters
    ----------
    rows : PredictingRows
    catalogue : Catalogue
    thresholds : Thresholds or None
        By default those of the case study.

    Returns
    -------
    BatchMeasures
    """
    same = same_category_events(rows, catalogue)
    measures = _measures(rows.weights.astype(np.float64), rows, same)
    uniform = _measures(rows.uniform[:, None], rows, same)  # (N, 1, L): one head that looks at all events alike
    limits = thresholds or Thresholds()
    return BatchMeasures(
        measures.entropy,
        measures.recency_correlation,
        measures.same_category_weight,
        types=_types(measures, rows.lengths, limits),
        types_under_uniform=_types(uniform, rows.lengths, limits)[:, 0],
    )


def same_category_events(rows: PredictingRows, catalogue: Catalogue) -> Bools:
    """Which events share the category of the last one that is not neutral.

    Parameters
    ----------
    rows : PredictingRows
    catalogue : Catalogue

    Returns
    -------
    (N, L) bool
    """
    counted = rows.inside & ~catalogue.neutral[rows.items]
    steps = np.arange(rows.items.shape[1])
    last = np.where(counted.any(1), (counted * (steps + 1)).argmax(1), rows.lengths - 1)
    category = catalogue.category_of[rows.items[np.arange(len(rows)), last]]
    telling = catalogue.telling[category][:, None]
    same: Bools = counted & (catalogue.category_of[rows.items] == category[:, None]) & telling
    return same


def _measures(weights: Values, rows: PredictingRows, same: Bools) -> Any:
    """`Measures` of arrays (N, A) from weights (N, A, L)."""
    several = (rows.lengths > 1)[:, None]
    sizes = np.abs(weights)
    total = sizes.sum(-1, keepdims=True)
    sizes = np.where(np.abs(total - 1) > UNSCALED, sizes / np.maximum(total, np.finfo(float).tiny), sizes)
    logs = np.log(sizes, out=np.zeros_like(sizes), where=sizes > 0)
    entropy = -(sizes * logs).sum(-1) / np.log(np.maximum(rows.lengths, 2))[:, None]
    return Measures(
        cast(Any, np.where(several, entropy.clip(0, 1), 1.0)),
        cast(Any, np.where(several, _recency(weights, rows), 0.0)),
        cast(Any, (weights * same[:, None]).sum(-1)),
    )


def _recency(weights: Values, rows: PredictingRows) -> Values:
    """(N, A) Pearson correlation of weight and position; 0 where the weights are constant."""
    inside, count = rows.inside[:, None], rows.lengths[:, None].astype(np.float64)
    position = np.arange(weights.shape[-1]) - (count[..., None] - 1) / 2  # centred, (N, 1, L)
    centred = np.where(inside, weights - weights.sum(-1, keepdims=True) / count[..., None], 0.0)
    covariance = (centred * position).sum(-1)
    scale = np.sqrt((centred**2).sum(-1) * np.where(inside, position**2, 0.0).sum(-1))
    heaviest = weights.max(-1)
    spread = heaviest - np.where(inside, weights, np.inf).min(-1)
    correlation = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    return np.where(spread > 1e-6 * heaviest, correlation, 0.0)


def _types(measures: Any, lengths: IntArray, limits: Thresholds) -> IntArray:
    """(N, A) indices into `TYPES`: the first pattern that fits; all weight on the only event is none."""
    shape = measures.entropy.shape
    fits = [np.broadcast_to(np.asarray(each.fits(measures, limits)), shape) for each in HEAD_TYPES.values()]
    first = np.argmax(np.stack(fits), axis=0)  # (types, N, A) -> (N, A)
    return np.where((lengths > 1)[:, None], first, TYPES.index(NO_PATTERN))


@dataclass(frozen=True)
class TypeShare:
    """How often a head has a type.

    Attributes
    ----------
    type : str
        Name in `HEAD_TYPES`.
    share : float
        Of the sessions.
    interval : (float, float)
        95 % Wilson interval of the share.
    uniform_share : float
        How often uniform attention would get the same type.
    lift : float
        `share` less `uniform_share`: what the head itself brings.
    lift_interval : (float, float)
        95 %, paired over sessions, from the counts of sessions where only one of the two has the type (Agresti and
        Min 2005, with half a session added to each count).
    """

    type: HeadType
    share: float
    interval: tuple[float, float]
    uniform_share: float
    lift: float
    lift_interval: tuple[float, float]


def type_shares(measures: BatchMeasures) -> tuple[tuple[TypeShare, ...], ...]:
    """For every head, the share of each type in the order of `TYPES`."""
    uniform = measures.types_under_uniform
    return tuple(
        tuple(_share(name, measures.types[:, head] == code, uniform == code) for code, name in enumerate(TYPES))
        for head in range(measures.types.shape[1])
    )


def _share(name: HeadType, head: Bools, uniform: Bools) -> TypeShare:
    share, uniform_share = float(head.mean()), float(uniform.mean())
    return TypeShare(
        name,
        share,
        share_interval(int(head.sum()), len(head)),
        uniform_share,
        share - uniform_share,
        _paired_interval(int((head & ~uniform).sum()), int((~head & uniform).sum()), len(head)),
    )


def _paired_interval(only_first: int, only_second: int, sessions: int) -> tuple[float, float]:
    """Interval of the difference of two paired shares: Wald after adding 1/2 to each of the four counts."""
    first, second, total = only_first + 0.5, only_second + 0.5, sessions + 2.0
    difference = (first - second) / total
    half = stats.norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt((first + second) / total - difference**2) / np.sqrt(total)
    return (float(max(-1.0, difference - half)), float(min(1.0, difference + half)))


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(values: Values) -> Values:
    """(A, 5) the 5, 25, 50, 75 and 95 % quantiles of values (N, A)."""
    by_head: Values = np.quantile(values, QUANTILES, axis=0).T
    return by_head
