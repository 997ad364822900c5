"""The measures of `attention.measures` for all heads and many sessions at once, and how often each type occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import stats

from streamrec_core.attention.measures import HEAD_PATTERNS, HeadType, Measures, Thresholds
from streamrec_core.attention.rows import Bools, PredictingRows, Values
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.evaluation.metrics import CONFIDENCE

TYPES: tuple[HeadType, ...] = tuple(HEAD_PATTERNS)


@dataclass(frozen=True, eq=False)
class BatchMeasures:
    """The three measures of every head in every session, as `attention.measures` has them for one.

    Attributes
    ----------
    entropy, recency, same_category : (N, A) float64
    types : (N, A) int64
        Places in `TYPES`.
    types_under_uniform : (N,) int64
        What uniform attention over the same session would have been called.
    """

    entropy: Values
    recency: Values
    same_category: Values
    types: IntArray
    types_under_uniform: IntArray


def measure_rows(rows: PredictingRows, catalogue: Catalogue, thresholds: Thresholds | None = None) -> BatchMeasures:
    """The measures and the type of every head in every session."""
    same = same_category_events(rows, catalogue)
    own = _measures(rows.weights.astype(np.float64), rows, same)
    uniform = _measures(rows.uniform[:, None], rows, same)
    limit = thresholds or Thresholds()
    return BatchMeasures(
        own.entropy,
        own.recency_correlation,
        own.same_category_weight,
        types=_types(own, rows.lengths, limit),
        types_under_uniform=_types(uniform, rows.lengths, limit)[:, 0],
    )


def same_category_events(rows: PredictingRows, catalogue: Catalogue) -> Bools:
    """(N, L) which events share the category of the last one that is not neutral."""
    counted = rows.inside & ~catalogue.neutral[rows.items]
    steps = np.arange(rows.items.shape[1])
    last = np.where(counted.any(1), (counted * (steps + 1)).argmax(1), rows.lengths - 1)
    category = catalogue.category_of[rows.items[np.arange(len(rows)), last]]
    found: Bools = counted & (catalogue.category_of[rows.items] == category[:, None])
    return found


def _measures(weights: Values, rows: PredictingRows, same: Bools) -> Any:
    """`Measures` of arrays (N, A) from weights (N, A, L)."""
    several = (rows.lengths > 1)[:, None]
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    entropy = -(weights * logs).sum(-1) / np.log(np.maximum(rows.lengths, 2))[:, None]
    return Measures(
        cast(Any, np.where(several, entropy.clip(0, 1), 1.0)),
        cast(Any, np.where(several, _recency(weights, rows), 0.0)),
        cast(Any, (weights * same[:, None]).sum(-1)),
    )


def _recency(weights: Values, rows: PredictingRows) -> Values:
    """(N, A) Pearson correlation of weight and position; 0 where the weights are constant."""
    inside, count = rows.inside[:, None], rows.lengths[:, None].astype(np.float64)
    place = np.arange(weights.shape[-1]) - (count[..., None] - 1) / 2
    centred = np.where(inside, weights - weights.sum(-1, keepdims=True) / count[..., None], 0.0)
    above = (centred * place).sum(-1)
    below = np.sqrt((centred**2).sum(-1) * np.where(inside, place**2, 0.0).sum(-1))
    heaviest = weights.max(-1)
    spread = heaviest - np.where(inside, weights, np.inf).min(-1)
    found = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return np.where(spread > 1e-6 * heaviest, found, 0.0)


def _types(found: Any, lengths: IntArray, limit: Thresholds) -> IntArray:
    """Places in `TYPES`: the first pattern that fits; all weight on the only event is none."""
    fits = [np.broadcast_to(np.asarray(test(found, limit)), found.entropy.shape) for test in HEAD_PATTERNS.values()]
    chosen = np.argmax(np.stack(fits), axis=0)
    return np.where((lengths > 1)[:, None], chosen, TYPES.index("distributed"))


@dataclass(frozen=True)
class TypeShare:
    """How often a head has a type.

    Attributes
    ----------
    share : float
        Of the sessions.
    interval : (float, float)
        95 % Wilson interval of the share.
    uniform_share : float
        How often uniform attention would have been called the same.
    lift : float
        Share less uniform share: what the head itself brings.
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


def type_shares(found: BatchMeasures) -> tuple[tuple[TypeShare, ...], ...]:
    """For every head, the share of each type in the order of `TYPES`."""
    return tuple(
        tuple(
            _share(place, found.types[:, head] == place, found.types_under_uniform == place)
            for place in range(len(TYPES))
        )
        for head in range(found.types.shape[1])
    )


def _share(place: int, own: Bools, uniform: Bools) -> TypeShare:
    share, uniform_share = float(own.mean()), float(uniform.mean())
    wilson = stats.binomtest(int(own.sum()), len(own)).proportion_ci(CONFIDENCE, method="wilson")
    return TypeShare(
        TYPES[place],
        share,
        (float(wilson.low), float(wilson.high)),
        uniform_share,
        share - uniform_share,
        _paired_interval(int((own & ~uniform).sum()), int((~own & uniform).sum()), len(own)),
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
    found: Values = np.quantile(values, QUANTILES, axis=0).T
    return found
