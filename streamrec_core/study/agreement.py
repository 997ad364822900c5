"""Inter-rater agreement: Krippendorff's alpha for ordinal ratings with missing values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ratings = npt.NDArray[np.float64]


def krippendorff_alpha(ratings: Ratings) -> float | None:
    """Compute Krippendorff's alpha with ordinal distances, from observed and expected coincidences.

    alpha = 1 - (n - 1) * sum_ck o_ck d_ck / sum_ck n_c n_k d_ck, with the ordinal distance d_ck = (sum of n_g for g
    from c to k, minus (n_c + n_k) / 2) squared (Krippendorff 2011, "Computing Krippendorff's alpha-reliability",
    sections D and E).

    Parameters
    ----------
    ratings : (raters, units)
        NaN where a rater did not rate a unit; units with fewer than two ratings are left out.

    Returns
    -------
    float or None
        1 is full agreement, 0 what chance gives, below 0 is worse than chance. None where nothing can be compared or
        every rating is the same.

    Examples
    --------
    >>> krippendorff_alpha(np.array([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]]))
    1.0
    """
    values = np.unique(ratings[~np.isnan(ratings)])
    coincidences = np.zeros((len(values), len(values)))
    for unit in ratings.T:
        counts = (unit[:, None] == values).sum(0).astype(np.float64)
        if counts.sum() >= 2:
            coincidences += (np.outer(counts, counts) - np.diag(counts)) / (counts.sum() - 1)
    totals = coincidences.sum(1)
    distances = _ordinal_distances(totals)
    expected = float((np.outer(totals, totals) * distances).sum())
    if expected == 0:
        return None
    return 1 - (float(totals.sum()) - 1) * float((coincidences * distances).sum()) / expected


def _ordinal_distances(totals: Ratings) -> Ratings:
    """Compute (values, values) squared ordinal distances, from how often each value occurs."""
    below = np.concatenate(([0.0], np.cumsum(totals)))
    ranks = np.arange(len(totals))
    low, high = np.minimum.outer(ranks, ranks), np.maximum.outer(ranks, ranks)
    between = below[high + 1] - below[low]
    return (between - (totals[low] + totals[high]) / 2) ** 2 * (low != high)
