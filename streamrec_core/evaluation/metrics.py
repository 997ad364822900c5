"""Ranking metrics (Hit@10, NDCG@10, MRR) from ranks, each with a bootstrap interval over sessions.

`METRICS` is the one table of metrics: the function of the code, and the name that people read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from streamrec_core.data.catalogue import IntArray

Values = npt.NDArray[np.float64]
CONFIDENCE = 0.95
RESAMPLES = 1_000
BOOTSTRAP_SEED = 0


def hits(ranks: IntArray, k: int = 10) -> Values:
    """Hit@k of each target.

    Parameters
    ----------
    ranks : (M,) int64
        1 is best.
    k : int

    Returns
    -------
    (M,) float64
        1 where the target is among the first k, else 0.
    """
    return (ranks <= k).astype(np.float64)


def ndcg(ranks: IntArray, k: int = 10) -> Values:
    """NDCG@k of each target (Järvelin and Kekäläinen 2002, with one relevant item).

    Parameters
    ----------
    ranks : (M,) int64
        1 is best.
    k : int

    Returns
    -------
    (M,) float64
        1 / log2(1 + rank) where the target is among the first k, else 0.
    """
    return np.where(ranks <= k, 1 / np.log2(1.0 + ranks), 0.0)


def reciprocal_rank(ranks: IntArray) -> Values:
    """(M,) 1 / rank over the whole catalogue; its mean is the MRR."""
    return 1.0 / ranks


@dataclass(frozen=True)
class Metric:
    """A metric of a list of recommendations.

    Attributes
    ----------
    title : str
        For people.
    of_ranks : callable
        Ranks (M,) of the targets -> values (M,).
    """

    title: str
    of_ranks: Callable[[IntArray], Values]


METRICS: dict[str, Metric] = {
    "hit@10": Metric("Hit@10", hits),
    "ndcg@10": Metric("NDCG@10", ndcg),
    "mrr": Metric("MRR", reciprocal_rank),
}
"""Every metric by the name that it has in cards, run folders and `--json`."""
METRIC_TITLES = {name: metric.title for name, metric in METRICS.items()}
TABLE_METRICS = (*METRICS, "expected_hit@10")
"""What a table of results shows; the last one where the generator is known (`evaluation.ceiling`)."""


def interval(values: Values) -> tuple[float, float]:
    """95 % percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13) of the mean of values (M,).

    The same value everywhere gives that value twice; fewer than two values give the widest interval, 0 to 1.
    """
    if len(values) < 2:
        return (0.0, 1.0)
    if np.ptp(values) == 0:
        return (float(values[0]), float(values[0]))
    low, high = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        batch=100,
    ).confidence_interval
    return (float(low), float(high))


def share_interval(count: int, total: int) -> tuple[float, float]:
    """95 % Wilson interval (Wilson 1927) of a share; that none of a few did something does not prove that none can.

    Parameters
    ----------
    count, total : int
        How many did it, of how many.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> low, high = share_interval(0, 60)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.06)
    """
    low, high = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return (float(low), float(high))


def with_interval(name: str, values: Values) -> dict[str, Any]:
    """Mean of a metric and its interval over sessions.

    Parameters
    ----------
    name : str
    values : (M,) float64

    Returns
    -------
    dict
        `name` and `name_interval`.
    """
    return {name: float(values.mean()), f"{name}_interval": interval(values)}


def summary(ranks: IntArray) -> dict[str, Any]:
    """Mean and interval of every metric, as `hit@10` and `hit@10_interval`."""
    summarised: dict[str, Any] = {}
    for name, metric in METRICS.items():
        summarised |= with_interval(name, metric.of_ranks(ranks))
    return summarised


def metrics_of(ranks: IntArray, part: str, split_kind: str, filter_seen: bool) -> dict[str, Any]:
    """Every metric with its interval, and on which targets it was measured.

    Parameters
    ----------
    ranks : (M,) int64
        Rank of each target.
    part, split_kind : str
        Part of the split, and how the log was divided.
    filter_seen : bool
        Whether items of the history were excluded.

    Returns
    -------
    dict
        As `summary`, with `n_sessions`, `split`, `split_kind` and `filter_seen`.
    """
    return {
        **summary(ranks),
        "n_sessions": len(ranks),
        "split": part,
        "split_kind": split_kind,
        "filter_seen": filter_seen,
    }
