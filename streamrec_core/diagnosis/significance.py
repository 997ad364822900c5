"""Significance: one-sided t-tests, ratio intervals and Benjamini-Hochberg correction, also for constant values."""

from __future__ import annotations

import numpy as np
from scipy import stats

from streamrec_core.evaluation.metrics import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, Values


def p_above(values: Values, bound: float) -> float:
    """P-value of the hypothesis that the mean is `bound` or less (one-sided t-test).

    Parameters
    ----------
    values : (n,) float64
        The sample; fewer than two values give 1.
    bound : float
        In the unit of `values`.

    Returns
    -------
    float
        0 or 1 where all values are equal.

    Examples
    --------
    >>> p_above(np.array([2.0, 2.0, 2.0]), 1.0)
    0.0
    """
    if len(values) < 2:
        return 1.0
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return 0.0 if values[0] > bound else 1.0
    return float(stats.ttest_1samp(values, bound, alternative="greater").pvalue)


def p_below(values: Values, bound: float) -> float:
    """P-value of the hypothesis that the mean is `bound` or more (one-sided t-test).

    Parameters
    ----------
    values : (n,) float64
        The sample; fewer than two values give 1.
    bound : float
        In the unit of `values`.

    Returns
    -------
    float
    """
    return p_above(-values, -bound)


def ratio_interval(above: Values, below: Values) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a ratio of means, resampled in pairs.

    Parameters
    ----------
    above, below : (n,) float64
        Numerators and denominators.

    Returns
    -------
    (float, float)
        Ends of the interval of mean(above) / mean(below); 0 to infinity for fewer than two pairs.
    """
    if len(above) < 2:
        return (0.0, float("inf"))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = rng.integers(0, len(above), (RESAMPLES, len(above)))
    ratios = above[drawn].mean(1) / below[drawn].mean(1)
    edge = (1 - CONFIDENCE) / 2
    return (float(np.quantile(ratios, edge)), float(np.quantile(ratios, 1 - edge)))


def adjusted_p_values(p_values: Values) -> Values:
    """P-values (n,) corrected for multiple testing: false discovery rate (Benjamini and Hochberg 1995)."""
    return np.asarray(stats.false_discovery_control(p_values), np.float64) if len(p_values) else p_values
