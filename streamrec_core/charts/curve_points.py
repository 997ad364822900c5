"""Points of a curve: smoothed, and thinned to what a chart shows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

POINTS = 600
"""Maximum number of points of a curve."""
SMOOTH_SHARE, SMOOTH_LEAST, SMOOTH_MOST = 0.1, 5, 200
"""Steps that smoothing averages over: a share of an epoch, within limits."""


def smoothed(values: npt.NDArray[np.float64], steps_per_epoch: int) -> npt.NDArray[np.float64]:
    """Smooth values by an exponentially weighted mean, without bias towards the first ones.

    Parameters
    ----------
    values : (S,) float64
    steps_per_epoch : int
        Sets the span, `SMOOTH_SHARE` of an epoch.

    Returns
    -------
    (S,) float64
    """
    span = float(np.clip(steps_per_epoch * SMOOTH_SHARE, SMOOTH_LEAST, SMOOTH_MOST))
    return pd.Series(values).ewm(span=span, adjust=True).mean().to_numpy()


def thinned(values: npt.NDArray[np.float64], points: int = POINTS) -> npt.NDArray[np.int64]:
    """Select points of a curve so that every peak and dip stays visible.

    Of each group of neighbours the lowest and the highest are selected. Group sizes are powers of two, so that the
    selected points mostly stay the same while a series grows.

    Parameters
    ----------
    values : (S,) float64
    points : int
        How many to select at most, besides the last.

    Returns
    -------
    (n,) int64
        Positions in `values`, ascending.
    """
    count = len(values)
    if count <= points:
        return np.arange(count)
    size = 2
    while 2 * -(-count // size) > points:
        size *= 2
    padded = np.pad(values, (0, -count % size), mode="edge").reshape(-1, size)
    starts = np.arange(len(padded)) * size
    positions = np.concatenate([starts + padded.argmin(1), starts + padded.argmax(1), [count - 1]])
    return np.unique(np.minimum(positions, count - 1))
