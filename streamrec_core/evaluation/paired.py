"""Two models on the same targets: how much better one is, and the sessions where only one is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from streamrec_core.data.catalogue import IntArray
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import BOOTSTRAP_SEED, CONFIDENCE, METRICS, RESAMPLES, Values
from streamrec_core.evaluation.seeds import paired_difference

HIT_BY = ("both", "only the first", "only the second", "neither")


@dataclass(frozen=True)
class Lift:
    """How much better a model is than a reference, session by session.

    Attributes
    ----------
    difference : float
        Mean of the metric, model less reference.
    difference_interval, ratio_interval : (float, float)
        95 %, paired bootstrap over sessions. The ratio's is None where a resample may leave the reference at zero.
    ratio : float or None
        Mean of the model over mean of the reference; None where the reference has nothing.
    """

    model: str
    reference: str
    metric: str
    difference: float
    difference_interval: tuple[float, float]
    ratio: float | None
    ratio_interval: tuple[float, float] | None

    @property
    def certain(self) -> bool:
        """Whether the interval of the difference leaves zero out."""
        low, high = self.difference_interval
        return low > 0 or high < 0


def lift(model: Evaluation, reference: Evaluation, metric: str = "hit@10") -> Lift:
    """Compare a model with a reference on the same targets.

    Raises
    ------
    BadInput
        They were evaluated on different targets, or on fewer than two.
    """
    found = paired_difference([model], [reference], metric)
    own, other = METRICS[metric](model.ranks), METRICS[metric](reference.ranks)
    return Lift(
        model=model.model,
        reference=reference.model,
        metric=metric,
        difference=found[f"{metric}_difference"],
        difference_interval=found[f"{metric}_difference_interval"],
        ratio=float(own.mean() / other.mean()) if other.any() else None,
        ratio_interval=_ratio_interval(own, other),
    )


def _ratio_interval(own: Values, other: Values) -> tuple[float, float] | None:
    if not other.any() or np.array_equal(own, other):
        return None if not other.any() else (1.0, 1.0)
    found = stats.bootstrap(
        (own, other),
        _means,
        n_resamples=RESAMPLES,
        method="percentile",
        paired=True,
        vectorized=True,
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        batch=100,
    )
    above, below = found.bootstrap_distribution
    if (below <= 0).any():
        return None
    low, high = np.quantile(above / below, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return (float(low), float(high))


def _means(own: Values, other: Values, axis: int = -1) -> Values:
    return np.stack([own.mean(axis=axis), other.mean(axis=axis)])


@dataclass(frozen=True, eq=False)
class HitComparison:
    """Where two models are right and wrong at k.

    Attributes
    ----------
    counts : dict of str to int
        Targets by who has them among its first k: both, only the first, only the second, neither.
    only_first, only_second : (n,) int64
        Places of the examples that one has and the other misses, the widest gap between the two ranks first.
    """

    k: int
    counts: dict[str, int]
    only_first: IntArray
    only_second: IntArray


def compare_hits(first: Evaluation, second: Evaluation, k: int = 10) -> HitComparison:
    """Which targets each of two models has among its first k; raises `BadInput` where their targets differ."""
    if len(first.ranks) != len(second.ranks):
        raise BadInput(f"{len(first.ranks):,} targets on one side, {len(second.ranks):,} on the other; use the same")
    has, too = first.ranks <= k, second.ranks <= k
    counts = (int(found.sum()) for found in (has & too, has & ~too, ~has & too, ~has & ~too))
    # By factors, not steps: from 1 to 50 tells more than from 900 to 1,000.
    gap = np.log(first.ranks) - np.log(second.ranks)
    return HitComparison(
        k,
        dict(zip(HIT_BY, counts, strict=True)),
        only_first=_widest(has & ~too, -gap),
        only_second=_widest(~has & too, gap),
    )


def _widest(chosen: npt.NDArray[np.bool_], gap: Values) -> IntArray:
    places = np.flatnonzero(chosen)
    return places[np.argsort(-gap[places], kind="stable")]
