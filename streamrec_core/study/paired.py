"""Paired comparisons of two conditions that the same people met: tests, effect sizes, power and sample size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]
ALPHA, POWER, CONFIDENCE = 0.05, 0.8, 0.95
RESAMPLES = 5_000
BOOTSTRAP_SEED = 0
MOST_NEEDED = 100_000
"""Upper limit of the search for a sample size."""


@dataclass(frozen=True)
class PairedTest:
    """Statistics of n paired differences; None where a figure is not defined (no spread at all).

    Attributes
    ----------
    n : int
    difference : float
        Mean of the differences.
    interval : (float, float)
        95 % bootstrap interval of it, people resampled.
    t, t_p : float or None
        Paired t test, two-sided.
    w, w_p : float or None
        Wilcoxon signed-rank test, two-sided; differences of zero are left out (Wilcoxon 1945).
    dz : float or None
        Cohen's d of paired differences: their mean over their standard deviation (Cohen 1988).
    rank_biserial : float
        Share of rank sum in favour minus share against, -1 to 1 (Kerby 2014, "The simple difference formula").
    """

    n: int
    difference: float
    interval: tuple[float, float]
    t: float | None
    t_p: float | None
    w: float | None
    w_p: float | None
    dz: float | None
    rank_biserial: float


def paired_test(first: Values, second: Values) -> PairedTest:
    """Compare two conditions met by the same people.

    Parameters
    ----------
    first, second : (n,) float64
        One value a person.

    Returns
    -------
    PairedTest
        Its `difference` is first minus second.

    Examples
    --------
    >>> test = paired_test(np.array([4.0, 5.0, 4.0, 5.0]), np.array([3.0, 3.0, 3.0, 4.0]))
    >>> test.difference, test.rank_biserial
    (1.25, 1.0)
    """
    differences = first - second
    t, t_p, dz = _t_test(differences)
    w, w_p = _wilcoxon(differences)
    return PairedTest(
        n=len(differences),
        difference=float(differences.mean()),
        interval=bootstrap_interval(differences),
        t=t,
        t_p=t_p,
        w=w,
        w_p=w_p,
        dz=dz,
        rank_biserial=rank_biserial(differences),
    )


def bootstrap_interval(values: Values) -> tuple[float, float]:
    """Estimate the 95 % percentile bootstrap interval of the mean of values (n,), one a person."""
    if np.ptp(values) < 1e-12:
        return (float(values.mean()), float(values.mean()))
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    ).confidence_interval
    return (float(interval.low), float(interval.high))


def rank_biserial(differences: Values) -> float:
    """Compute (W+ - W-) / (W+ + W-) over the ranks of the differences that are not zero; 0 where all are zero."""
    moved = _moved(differences)
    if not len(moved):
        return 0.0
    ranks = stats.rankdata(np.abs(moved))
    return float((ranks * np.sign(moved)).sum() / ranks.sum())


def power(dz: float, n: int, alpha: float = ALPHA) -> float:
    """Compute the chance that a two-sided paired t test finds an effect.

    From the noncentral t distribution with n - 1 degrees of freedom and noncentrality dz * sqrt(n) (Cohen 1988, 2.3).

    Parameters
    ----------
    dz : float
        Effect size, see `PairedTest`.
    n : int
        People.
    alpha : float
        Level of the test.

    Returns
    -------
    float
    """
    degrees, shift = n - 1, abs(dz) * np.sqrt(n)
    limit = stats.t.ppf(1 - alpha / 2, degrees)
    # Beyond 8 the other tail is below 1e-15, and scipy answers nan for some of it.
    wrong_side = stats.nct.cdf(-limit, degrees, shift) if shift < 8 else 0.0
    return float(stats.nct.sf(limit, degrees, shift) + wrong_side)


def raters_needed(dz: float, alpha: float = ALPHA, target_power: float = POWER) -> int | None:
    """Find the smallest number of people with which a paired t test reaches a power.

    Parameters
    ----------
    dz : float
        Effect size, see `PairedTest`.
    alpha : float
        Level of the test.
    target_power : float

    Returns
    -------
    int or None
        None beyond `MOST_NEEDED`.

    Examples
    --------
    >>> raters_needed(0.5)
    34
    """
    high = 4
    while power(dz, high, alpha) < target_power:
        high *= 2
        if high > MOST_NEEDED:
            return None
    low = 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(dz, middle, alpha) >= target_power else (middle + 1, high)
    return low


def _moved(differences: Values) -> Values:
    """Select the differences that are not zero; means of ratings differ in the last bit, so round first."""
    rounded = differences.round(9)
    return rounded[rounded != 0]


def _t_test(differences: Values) -> tuple[float | None, float | None, float | None]:
    """Compute t, its p value and Cohen's dz."""
    if len(differences) < 2 or np.ptp(differences) < 1e-12:
        return None, None, None
    test = stats.ttest_1samp(differences, 0.0)
    return float(test.statistic), float(test.pvalue), float(differences.mean() / differences.std(ddof=1))


def _wilcoxon(differences: Values) -> tuple[float | None, float | None]:
    moved = _moved(differences)
    if not len(moved):
        return None, None
    test = stats.wilcoxon(moved)
    return float(test.statistic), float(test.pvalue)
