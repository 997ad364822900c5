"""Attention weights as attribution: mean over heads, last layer, attention rollout, weights times value norms.

None of these depends on the candidate: they are the same for every item, and for an item against a foil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attention.capture import session_maps
from streamrec_core.data.batches import Batch, batch_of
from streamrec_core.data.log import Session
from streamrec_core.models.device import device_of
from streamrec_core.models.probe import editing
from streamrec_core.models.protocol import SessionModel, ValueModel

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AttentionWeights:
    """Attention of one history from the predicting position.

    Attributes
    ----------
    heads : (layers, H, L) float64
        Weights of every head; each sums to 1.
    mean, last_layer, rollout : (L,) float64
        The mean over all heads; the last layer's mean over its heads; attention rollout (Abnar and Zuidema 2020).
        Each sums to 1.
    value_weighted : (L,) float64 or None
        Weights times transformed value vectors, the norm of their sum over the heads (Kobayashi et al. 2020,
        eq. 5), mean of the layers, scaled to sum 1; None for a model whose values cannot be read.
    """

    heads: Values
    mean: Values
    last_layer: Values
    rollout: Values
    value_weighted: Values | None


def attention_weights(
    model: SessionModel, histories: Sequence[Session], catalogue_size: int
) -> list[AttentionWeights] | None:
    """Attention weights of many histories from the predicting position.

    Parameters
    ----------
    model : SessionModel
    histories : sequence of Session
    catalogue_size : int
        Items in the catalogue, V.

    Returns
    -------
    list of AttentionWeights or None
        None for a model without attention.
    """
    if not model.attention_probes():
        return None
    batch = batch_of(histories, catalogue_size, model.max_events).to(device_of(model))
    heads = predicting_weights(model, batch)
    outgoing = rollouts(model, histories, catalogue_size, heads)
    with torch.inference_mode():
        values = model.value_vectors(model.embed(batch), batch) if isinstance(model, ValueModel) else None
    by_history = []
    for row, length in enumerate(batch.lengths.tolist()):
        weights = heads[row, :, :, :length]
        weighted = None if values is None else _value_weighted(weights, [layer[row, :, :length] for layer in values])
        by_history.append(
            AttentionWeights(
                heads=weights,
                mean=weights.mean((0, 1)),
                last_layer=weights[-1].mean(0),
                rollout=outgoing[row][:length],
                value_weighted=weighted,
            )
        )
    return by_history


def predicting_weights(model: SessionModel, batch: Batch) -> Values:
    """Read the attention weights of the predicting position; of the last layer only that row is computed.

    Parameters
    ----------
    model : SessionModel
        With attention.
    batch : Batch

    Returns
    -------
    (B, layers, H, L) float64
    """
    by_layer: dict[int, Tensor] = {}
    last = (batch.lengths - 1).view(-1, 1, 1, 1)

    def keep(layer: int, weights: Tensor) -> Tensor:
        rows = last.expand(*weights.shape[:2], 1, weights.shape[-1])
        by_layer[layer] = (weights if weights.shape[2] == 1 else weights.gather(2, rows)).squeeze(2)
        return weights

    with torch.inference_mode(), editing({probe: partial(keep, probe.layer) for probe in model.attention_probes()}):
        model.logits(batch)
    return torch.stack([by_layer[layer] for layer in sorted(by_layer)], 1).double().cpu().numpy()


def rollouts(model: SessionModel, histories: Sequence[Session], catalogue_size: int, heads: Values) -> list[Values]:
    """Attention rollout (Abnar and Zuidema 2020, section 3) of each history, scaled to sum 1 over its events.

    Half of every step stays where it is, for the residual path. Where a readout predicts, events do not attend to each
    other, so that only the readout's own rows are multiplied.

    Parameters
    ----------
    model : SessionModel
    histories : sequence of Session
    catalogue_size : int
        Items in the catalogue, V.
    heads : (B, layers, H, L) float64
        Weights of the predicting position.

    Returns
    -------
    list of (L,) float64
    """
    if model.predicts_from == "readout":
        return [_readout_rollout(rows.mean(1)) for rows in heads]
    maps = session_maps(model, histories, catalogue_size)
    return [_rollout(layers.mean(1)) for layers in maps]


def _rollout(layers: npt.NDArray[Any]) -> Values:
    """Row of the last event after layers (layers, L, L)."""
    row = np.zeros(layers.shape[-1])
    row[-1] = 1.0
    for weights in layers[::-1]:
        row = 0.5 * row + 0.5 * (row @ weights.astype(np.float64))
    return row / row.sum()


def _readout_rollout(layers: Values) -> Values:
    """What arrives from each event at a readout whose rows are (layers, L)."""
    total = np.zeros(layers.shape[-1])
    for weights in layers:
        total = 0.5 * total + 0.5 * weights
    return total / total.sum()


def _value_weighted(heads: Values, values: Sequence[Tensor]) -> Values:
    """Norms of the weighted vectors of heads (layers, H, L), values (H, L, D) a layer."""
    total = np.zeros(heads.shape[-1])
    for weights, vectors in zip(heads, values, strict=True):
        norms = np.linalg.norm(np.einsum("hl,hld->ld", weights, vectors.double().cpu().numpy()), axis=-1)
        total += norms / max(norms.sum(), np.finfo(float).tiny)
    return total / max(total.sum(), np.finfo(float).tiny)
