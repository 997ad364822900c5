"""Join the maps of all heads into one weight for each event, in stated ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.capture import Maps
from streamrec_core.models.protocol import ReadableModel, SessionModel

HeadWeights = npt.NDArray[np.float64]


def reading_weights(model: SessionModel) -> HeadWeights:
    """(layers, H) how much each head counts in one joined map; sums to 1.

    A readable model brings the weights that it learned with its reading penalty; elsewhere every head counts alike.
    """
    if isinstance(model, ReadableModel):
        found: HeadWeights = model.reading_weights().detach().double().numpy()
        return found
    return even_weights(model)


def even_weights(model: SessionModel) -> HeadWeights:
    """(layers, H) the same for every head."""
    probes = model.attention_probes()
    heads = sum(probe.heads for probe in probes)
    return np.full((len(probes), max((probe.heads for probe in probes), default=0)), 1 / max(heads, 1))


def last_layer_weights(model: SessionModel) -> HeadWeights:
    """(layers, H) the heads of the last layer alike, the others not at all."""
    weights = even_weights(model)
    weights[:-1] = 0.0
    return weights / max(weights.sum(), 1e-300)


JOINS: dict[str, Callable[[SessionModel], HeadWeights]] = {
    "reading weights": reading_weights,
    "mean of all heads": even_weights,
    "mean of the last layer": last_layer_weights,
}


def join(maps: Maps, weights: HeadWeights) -> npt.NDArray[np.float64]:
    """(L,) joined weights from the predicting position of maps (layers, H, L, L); empty without attention."""
    if not maps.size:
        return np.zeros(0)
    found: npt.NDArray[np.float64] = np.einsum("lh,lhn->n", weights, maps[:, :, -1].astype(np.float64))
    return found
