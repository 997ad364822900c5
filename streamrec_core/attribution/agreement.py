"""How far two ways of weighing the events of one history agree: by rank, by size, and on the first event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]
SHORTEST = 3
"""Events a history needs before agreement over them says anything."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of two weightings of the same events.

    Attributes
    ----------
    tau : float
        Kendall's tau-b, -1 to 1; 0 where one of them is constant.
    pearson : float
        Pearson's correlation, -1 to 1; 0 where one of them is constant.
    same_first : float
        1 where both put the same event first, else 0; where events share a first place, the chance that a pick from
        each side is the same event.
    """

    tau: float
    pearson: float
    same_first: float


def agreement(first: Values, second: Values) -> Agreement:
    """Compare two weightings (L,)."""
    same = float(np.mean(_firsts(first)[:, None] == _firsts(second)))
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return Agreement(0.0, 0.0, same)
    tau = float(stats.kendalltau(first, second).statistic)
    return Agreement(tau, float(np.corrcoef(first, second)[0, 1]), same)


def _firsts(values: Values) -> npt.NDArray[np.int64]:
    return np.flatnonzero(values == values.max())
