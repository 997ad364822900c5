"""What attention alone says of each event: mean over heads, the last layer, rollout, and weights times value norms.

None of these knows which item is explained: they say the same for every candidate, and for "why this and not that".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.attention.capture import session_maps
from streamrec_core.data.batches import Batch, batch_of
from streamrec_core.data.log import Session
from streamrec_core.models.additive import AdditiveLayer, AdditiveTransformer
from streamrec_core.models.attention import TransformerLayer
from streamrec_core.models.probe import editing
from streamrec_core.models.protocol import GradientModel, SessionModel
from streamrec_core.models.transformer import SessionTransformer

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Flow:
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


def attention_flow(model: SessionModel, histories: Sequence[Session], catalogue_size: int) -> list[Flow] | None:
    """Attention of many histories; None for a model without attention."""
    if not model.attention_probes():
        return None
    batch = batch_of(histories, catalogue_size, model.max_events)
    heads = predicting_rows(model, batch)
    outgoing = rollouts(model, histories, catalogue_size, heads)
    values = value_vectors(model, batch)
    found = []
    for row, length in enumerate(batch.lengths.tolist()):
        own = heads[row, :, :, :length]
        weighted = None if values is None else _value_weighted(own, [layer[row, :, :length] for layer in values])
        found.append(Flow(own, own.mean((0, 1)), own[-1].mean(0), outgoing[row][:length], weighted))
    return found


def predicting_rows(model: SessionModel, batch: Batch) -> Values:
    """(B, layers, H, L) weights of the predicting position, without having the model compute the other rows."""
    kept: dict[int, Tensor] = {}
    last = (batch.lengths - 1).view(-1, 1, 1, 1)

    def keep(layer: int, weights: Tensor) -> Tensor:
        rows = last.expand(*weights.shape[:2], 1, weights.shape[-1])
        kept[layer] = (weights if weights.shape[2] == 1 else weights.gather(2, rows)).squeeze(2)
        return weights

    with torch.inference_mode(), editing({probe: partial(keep, probe.layer) for probe in model.attention_probes()}):
        model.logits(batch)
    return torch.stack([kept[layer] for layer in sorted(kept)], 1).double().numpy()


def rollouts(model: SessionModel, histories: Sequence[Session], catalogue_size: int, heads: Values) -> list[Values]:
    """Attention rollout (Abnar and Zuidema 2020, section 3) of each history, scaled to sum 1 over its events.

    Half of every step stays where it is, for the residual path. Behind a readout events never look at each other,
    so that only the readout's own rows are multiplied.
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
        norms = np.linalg.norm(np.einsum("hl,hld->ld", weights, vectors.double().numpy()), axis=-1)
        total += norms / max(norms.sum(), np.finfo(float).tiny)
    return total / max(total.sum(), np.finfo(float).tiny)


def value_vectors(model: SessionModel, batch: Batch) -> list[Tensor] | None:
    """One (B, H, L, D) a layer: what each event hands to the predicting position where its weight is 1.

    That is its value vector through the layer's output map (Kobayashi et al. 2020, eq. 3); None for a model that is
    not in `VALUE_READERS`.
    """
    reader = VALUE_READERS.get(type(model))
    if reader is None or not isinstance(model, GradientModel):
        return None
    with torch.inference_mode():
        return reader(model, model.embed(batch), batch)


def _of_transformer(model: SessionTransformer, embedded: Tensor, batch: Batch) -> list[Tensor]:
    events, found = embedded + model.positions(batch), []
    for layer in cast(list[TransformerLayer], list(model.layers)):
        attention, width = layer.attention, embedded.shape[-1]
        value = torch.nn.functional.linear(
            layer.norm1(events), attention.in_proj_weight[2 * width :], attention.in_proj_bias[2 * width :]
        )
        found.append(_through_output(value, attention.out_proj.weight, attention.heads))
        events = layer(events, batch.hidden)
    return found


def _of_additive(model: AdditiveTransformer, embedded: Tensor, batch: Batch) -> list[Tensor]:
    events, values = embedded, []
    for layer in cast(list[AdditiveLayer], list(model.layers)):
        events, normed = layer(events)
        attention = layer.attention
        values.append(_through_output(attention.value(normed), attention.out_proj.weight, attention.terms.heads))
    return values


def _through_output(value: Tensor, output: Tensor, heads: int) -> Tensor:
    """(B, L, D) -> (B, H, L, D), each head's part of the values through its part of the output map."""
    parts = value.view(*value.shape[:2], heads, -1)
    return torch.einsum("blhd,ehd->bhle", parts, output.view(output.shape[0], heads, -1))


VALUE_READERS: dict[type, Callable[[Any, Tensor, Batch], list[Tensor]]] = {
    SessionTransformer: _of_transformer,
    AdditiveTransformer: _of_additive,
}
"""How value vectors are read, by class of model; another class needs one line here."""
