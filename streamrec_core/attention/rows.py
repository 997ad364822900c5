"""Attention weights of the predicting position: what every head attends to, for many sessions at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import BatchSource
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import SessionModel

BATCH = 128
Values = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class PredictingRows:
    """Attention of every head from the predicting position, for N sessions of at most L events.

    Attributes
    ----------
    layers, heads : int
        A = layers * heads; both 0 for a model without attention.
    weights : (N, A, L) float32
        Heads layer by layer; 0 behind the end of a session.
    lengths : (N,) int64
    items, engagements : (N, L) int64
        -1 behind the end of a session.
    """

    layers: int
    heads: int
    weights: npt.NDArray[np.float32]
    lengths: IntArray
    items: IntArray
    engagements: IntArray

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def inside(self) -> Bools:
        """(N, L) where a session has events."""
        inside: Bools = self.items >= 0
        return inside

    @property
    def uniform(self) -> Values:
        """(N, L) uniform attention: the same weight on every event of a session (Wiegreffe and Pinter 2019)."""
        return self.inside / self.lengths[:, None]


def head_names(layers: int, heads: int) -> tuple[str, ...]:
    """Name the heads, layer by layer.

    Parameters
    ----------
    layers, heads : int
        Heads in each layer.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> head_names(1, 2)
    ('Layer 0 head 0', 'Layer 0 head 1')
    """
    return tuple(f"Layer {layer} head {head}" for layer in range(layers) for head in range(heads))


def predicting_rows(
    model: SessionModel, dataset: DataSet, examples: Examples, progress: Progress | None = None
) -> PredictingRows:
    """Run a model over examples in batches and keep what each head attended to when it predicted.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        N histories.
    progress : callable or None
        Called with the share done, 0 to 1, after every batch.

    Returns
    -------
    PredictingRows
        In the order of the examples.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not len(examples):
        raise BadInput(f"{dataset.name}: no sessions to analyse; give more sessions")
    longest = min(model.max_events, int(examples.ends.max()))
    rows = _empty(model, len(examples), longest)
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, BATCH)
    done = 0
    for batch_rows, batch in source.in_order():
        length = batch.items.shape[1]
        lengths = batch.lengths.numpy()
        beyond = np.arange(length) >= lengths[:, None]
        rows.lengths[batch_rows] = lengths
        rows.items[batch_rows, :length] = np.where(beyond, -1, batch.items.numpy())
        rows.engagements[batch_rows, :length] = np.where(beyond, -1, batch.engagements.numpy())
        if rows.layers:
            with torch.inference_mode(), watch(model) as trace:
                model.logits(batch.to(device_of(model)))
            rows.weights[batch_rows, :, :length] = _last_rows(trace.maps().cpu(), batch.lengths)
        done += len(batch_rows)
        if progress is not None:
            progress(done / len(examples))
    return rows


def _empty(model: SessionModel, sessions: int, longest: int) -> PredictingRows:
    probes = model.attention_probes()
    layers, heads = len(probes), probes[0].heads if probes else 0
    return PredictingRows(
        layers,
        heads,
        np.zeros((sessions, layers * heads, longest), np.float32),
        np.zeros(sessions, np.int64),
        np.full((sessions, longest), -1, np.int64),
        np.full((sessions, longest), -1, np.int64),
    )


def _last_rows(maps: torch.Tensor, lengths: torch.Tensor) -> npt.NDArray[np.float32]:
    """(B, layers, H, L, L) -> (B, layers * H, L): the row of the predicting position, nothing behind the session."""
    rows = maps[torch.arange(len(maps)), :, :, lengths - 1].flatten(1, 2)
    beyond = torch.arange(rows.shape[-1]) >= lengths[:, None, None]
    return rows.masked_fill(beyond, 0.0).numpy()
