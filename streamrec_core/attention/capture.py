"""Capture attention weights of every head while a model runs; the model itself is never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.batches import batch_of
from streamrec_core.data.log import Session
from streamrec_core.models.device import device_of
from streamrec_core.models.probe import recording
from streamrec_core.models.protocol import SessionModel

Maps = npt.NDArray[np.float32]


@dataclass
class AttentionTrace:
    """Attention weights of every layer from the last forward pass that was watched.

    Attributes
    ----------
    layers : dict of int to Tensor (B, H, L, L)
        By layer, counted from 0. Rows are the events that attend, columns those attended to; 0 for later events.
    """

    layers: dict[int, Tensor] = field(default_factory=dict)

    def keep(self, layer: int, weights: Tensor) -> None:
        """Keep one layer's weights.

        Parameters
        ----------
        layer : int
        weights : (B, H, L, L)
        """
        self.layers[layer] = weights.detach()

    def maps(self) -> Tensor:
        """All layers as (B, layers, H, L, L); a model without attention gives no layers."""
        if not self.layers:
            return torch.zeros(0, 0, 0, 0, 0)
        return torch.stack([self.layers[layer] for layer in sorted(self.layers)], dim=1)


@contextmanager
def watch(model: SessionModel) -> Iterator[AttentionTrace]:
    """Capture per-head attention of every forward pass inside the `with` block.

    Only this thread of control sees it, the weights agree with what the unwatched model uses to 1e-5, and
    nothing is left on the model afterwards, also after an error.

    Examples
    --------
    An untrained model over three titles: (sessions, layers, heads, events, events).

    >>> from streamrec_core.data.catalogue import Catalogue
    >>> from streamrec_core.models.settings import TransformerSettings, build_model
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> model = build_model(TransformerSettings(layers=2, heads=4, width=8), catalogue).eval()
    >>> history = Session("s0", np.array([0, 1], np.int32), np.zeros(2, np.int8))
    >>> with watch(model) as trace:
    ...     scores = model.logits(batch_of([history], len(catalogue), model.max_events))
    >>> trace.maps().shape
    torch.Size([1, 2, 4, 2, 2])
    """
    trace = AttentionTrace()
    with recording({probe: partial(trace.keep, probe.layer) for probe in model.attention_probes()}):
        yield trace


def session_maps(model: SessionModel, histories: Sequence[Session], catalogue_size: int) -> list[Maps]:
    """Attention maps of each history, padding cut off.

    Parameters
    ----------
    model : SessionModel
    histories : sequence of Session
    catalogue_size : int
        Items in the catalogue, V.

    Returns
    -------
    list of (layers, H, L, L) float32
        Empty arrays for a model without attention.
    """
    batch = batch_of(histories, catalogue_size, model.max_events).to(device_of(model))
    with torch.inference_mode(), watch(model) as trace:
        model.logits(batch)
    if not trace.layers:
        return [np.zeros((0, 0, 0, 0), np.float32) for _ in histories]
    maps = trace.maps().cpu().numpy()
    return [maps[row, :, :, :length, :length] for row, length in enumerate(batch.lengths.tolist())]
