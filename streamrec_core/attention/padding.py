"""Attention on padding: what share of its weights the predicting position gives to columns that hold no event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import batch_of
from streamrec_core.data.log import Session
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel


def padding_attention(
    model: SessionModel, histories: Sequence[Session], catalogue_size: int
) -> npt.NDArray[np.float64]:
    """Measure the attention on padding, where histories of several lengths share a batch.

    Parameters
    ----------
    model : SessionModel
    histories : sequence of Session
        B of them.
    catalogue_size : int
        Items in the catalogue, V.

    Returns
    -------
    (n, layers * H) float64
        Of the n histories that are padded: share of each head's absolute weights that lies on columns behind their
        end. No column where the model has no attention.
    """
    batch = batch_of(histories, catalogue_size, model.max_events)
    with torch.inference_mode(), watch(model) as trace:
        model.logits(batch.to(device_of(model)))
    if not trace.layers:
        return np.zeros((0, 0))
    # (B, layers, H, L, L) -> (B, layers * H, L): the row of the predicting position
    rows = trace.maps().cpu()[torch.arange(len(batch)), :, :, batch.lengths - 1].flatten(1, 2).abs().double()
    padded = batch.lengths < rows.shape[-1]
    beyond = torch.arange(rows.shape[-1]) >= batch.lengths[:, None, None]
    shares = (rows * beyond).sum(-1) / rows.sum(-1).clamp(min=1e-12)
    numbers: npt.NDArray[np.float64] = shares[padded].numpy()
    return numbers
