"""Paired comparison of two models: the lift of one over the other, and the sessions that only one of them hits."""

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

    Parameters
    ----------
    model, reference : Evaluation
    metric : str
        Name in `METRICS`.

    Returns
    -------
    Lift

    Raises
    ------
    BadInput
        They were evaluated on different targets, or on fewer than two.
    """
    paired = paired_difference([model], [reference], metric)
    values, reference_values = (METRICS[metric].of_ranks(side.ranks) for side in (model, reference))
    return Lift(
        model=model.model,
        reference=reference.model,
        metric=metric,
        difference=paired[f"{metric}_difference"],
        difference_interval=paired[f"{metric}_difference_interval"],
        ratio=float(values.mean() / reference_values.mean()) if reference_values.any() else None,
        ratio_interval=_ratio_interval(values, reference_values),
    )


def _ratio_interval(values: Values, reference: Values) -> tuple[float, float] | None:
    if not reference.any():
        return None
    if np.array_equal(values, reference):
        return (1.0, 1.0)
    bootstrap = stats.bootstrap(
        (values, reference),
        _means,
        n_resamples=RESAMPLES,
        method="percentile",
        paired=True,
        vectorized=True,
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        batch=100,
    )
    means, reference_means = bootstrap.bootstrap_distribution
    if (reference_means <= 0).any():
        return None
    low, high = np.quantile(means / reference_means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return (float(low), float(high))


def _means(values: Values, reference: Values, axis: int = -1) -> Values:
    return np.stack([values.mean(axis=axis), reference.mean(axis=axis)])


@dataclass(frozen=True, eq=False)
class HitComparison:
    """Which targets two models have among their first k.

    Attributes
    ----------
    counts : dict of str to int
        Targets by who has them among its first k: both, only the first, only the second, neither.
    only_first, only_second : (n,) int64
        Examples that one has and the other misses, the widest gap between the two ranks first.
    """

    k: int
    counts: dict[str, int]
    only_first: IntArray
    only_second: IntArray


def compare_hits(first: Evaluation, second: Evaluation, k: int = 10) -> HitComparison:
    """Compare which targets two models have among their first k.

    Parameters
    ----------
    first, second : Evaluation
        On the same M targets.
    k : int

    Returns
    -------
    HitComparison

    Raises
    ------
    BadInput
        They were evaluated on different numbers of targets.
    """
    if len(first.ranks) != len(second.ranks):
        raise BadInput(f"{len(first.ranks):,} targets on one side, {len(second.ranks):,} on the other; use the same")
    hit, other_hit = first.ranks <= k, second.ranks <= k
    counts = (int(mask.sum()) for mask in (hit & other_hit, hit & ~other_hit, ~hit & other_hit, ~hit & ~other_hit))
    # By factors, not steps: from 1 to 50 tells more than from 900 to 1,000.
    gap = np.log(first.ranks) - np.log(second.ranks)
    return HitComparison(
        k,
        dict(zip(HIT_BY, counts, strict=True)),
        only_first=_widest(hit & ~other_hit, -gap),
        only_second=_widest(~hit & other_hit, gap),
    )


def _widest(mask: npt.NDArray[np.bool_], gap: Values) -> IntArray:
    rows = np.flatnonzero(mask)
    return rows[np.argsort(-gap[rows], kind="stable")]
