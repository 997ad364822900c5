"""One-sided tests and intervals for figures of many items, each defined where values do not vary too."""

from __future__ import annotations

import numpy as np
from scipy import stats

from streamrec_core.evaluation.metrics import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, Values


def p_above(values: Values, bound: float) -> float:
    """Chance of values (n,) like these, or higher ones, were their mean `bound` or less (one-sided t-test)."""
    if len(values) < 2:
        return 1.0
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return 0.0 if values[0] > bound else 1.0
    return float(stats.ttest_1samp(values, bound, alternative="greater").pvalue)


def p_below(values: Values, bound: float) -> float:
    """Chance of values (n,) like these, or lower ones, were their mean `bound` or more (one-sided t-test)."""
    return p_above(-values, -bound)


def ratio_interval(above: Values, below: Values) -> tuple[float, float]:
    """95 % percentile bootstrap interval of mean(above) / mean(below), pairs (n,) drawn together."""
    if len(above) < 2:
        return (0.0, float("inf"))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = rng.integers(0, len(above), (RESAMPLES, len(above)))
    ratios = above[drawn].mean(1) / below[drawn].mean(1)
    edge = (1 - CONFIDENCE) / 2
    return (float(np.quantile(ratios, edge)), float(np.quantile(ratios, 1 - edge)))


def adjusted(p_values: Values) -> Values:
    """P-values (n,) held to the number of tests (Benjamini and Hochberg 1995): the false discovery rate."""
    return np.asarray(stats.false_discovery_control(p_values), np.float64) if len(p_values) else p_values
