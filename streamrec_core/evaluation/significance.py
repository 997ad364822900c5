"""P values: an exact sign test of many counts at once, and Holm's correction for how many were tested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special


def sign_test(successes: Sequence[int], tries: Sequence[int]) -> npt.NDArray[np.float64]:
    """One-sided exact binomial p values: how likely so many successes or more are, where each is as likely as not.

    Parameters
    ----------
    successes, tries : sequence of int
        Of each test; with no tries the p value is 1.

    Returns
    -------
    (T,) float64

    Examples
    --------
    >>> sign_test([5, 3, 0], [5, 4, 0]).tolist()
    [0.03125, 0.3125, 1.0]
    """
    k, n = np.asarray(successes, np.float64), np.asarray(tries, np.float64)
    return np.where(k > 0, special.bdtrc(np.maximum(k - 1, 0), n.astype(np.int64), 0.5), 1.0)


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """P values adjusted for how many there are (Holm 1979, step-down); what is None stays None and counts for none."""
    rising = sorted((p, test) for test, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for step, (p, test) in enumerate(rising):
        highest = max(highest, min(1.0, (len(rising) - step) * p))
        adjusted[test] = highest
    return tuple(adjusted)
