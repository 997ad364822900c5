"""Hit@k, NDCG@k and MRR from ranks, each with a bootstrap interval over sessions."""

from __future__ import annotations

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
    """(M,) 1 where the target is among the first k."""
    return (ranks <= k).astype(np.float64)


def ndcg(ranks: IntArray, k: int = 10) -> Values:
    """(M,) 1 / log2(1 + rank) for targets among the first k, else 0 (Järvelin and Kekäläinen 2002, one target)."""
    return np.where(ranks <= k, 1 / np.log2(1.0 + ranks), 0.0)


def reciprocal_rank(ranks: IntArray) -> Values:
    """(M,) 1 / rank over the whole catalogue."""
    return 1.0 / ranks


METRICS = {"hit@10": hits, "ndcg@10": ndcg, "mrr": reciprocal_rank}


def interval(values: Values) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean of values (M,), one for each session.

    The same value everywhere gives that value twice; fewer than two values give the widest interval, 0 to 1.
    """
    if len(values) < 2:
        return (0.0, 1.0)
    if np.ptp(values) == 0:
        return (float(values[0]), float(values[0]))
    found = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
        batch=100,
    ).confidence_interval
    return (float(found.low), float(found.high))


def with_interval(name: str, values: Values) -> dict[str, Any]:
    """Mean and interval of values (M,), as `name` and `name_interval`."""
    return {name: float(values.mean()), f"{name}_interval": interval(values)}


def summary(ranks: IntArray) -> dict[str, Any]:
    """Mean and interval of every metric, as `hit@10` and `hit@10_interval`."""
    found: dict[str, Any] = {}
    for name, measure in METRICS.items():
        found |= with_interval(name, measure(ranks))
    return found


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
    """
    return {
        **summary(ranks),
        "n_sessions": len(ranks),
        "split": part,
        "split_kind": split_kind,
        "filter_seen": filter_seen,
    }
