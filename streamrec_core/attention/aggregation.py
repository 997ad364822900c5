"""Aggregation over heads: one attention weight for each event from the maps of all heads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.capture import Maps


def mean_over_heads(maps: Maps) -> npt.NDArray[np.float64]:
    """(L,) mean weight over all heads, from the predicting position of maps (layers, H, L, L); empty without heads."""
    if not maps.size:
        return np.zeros(0)
    weights: npt.NDArray[np.float64] = maps[:, :, -1].astype(np.float64).mean((0, 1))
    return weights
