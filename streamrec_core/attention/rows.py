"""What every head looked at when it predicted, for many sessions at once: only the rows of the predicting position."""

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
        found: Bools = self.items >= 0
        return found

    @property
    def uniform(self) -> Values:
        """(N, L) what uniform attention would be."""
        return self.inside / self.lengths[:, None]


def head_names(layers: int, heads: int) -> tuple[str, ...]:
    """What the heads are called, layer by layer: "layer 0, head 1"."""
    return tuple(f"layer {layer}, head {head}" for layer in range(layers) for head in range(heads))


def predicting_rows(
    model: SessionModel, dataset: DataSet, examples: Examples, progress: Progress | None = None
) -> PredictingRows:
    """Run a model over examples in batches and keep what each head looked at when it predicted.

    Parameters
    ----------
    progress : callable or None
        Told the share that is done, 0 to 1, after every batch.

    Raises
    ------
    BadInput
        There is no example.
    """
    if not len(examples):
        raise BadInput(f"{dataset.name}: no session to look at; give more sessions")
    longest = min(model.max_events, int(examples.ends.max()))
    rows = _empty(model, len(examples), longest)
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, BATCH)
    done = 0
    for places, batch in source.in_order():
        length = batch.items.shape[1]
        lengths = batch.lengths.numpy()
        beyond = np.arange(length) >= lengths[:, None]
        rows.lengths[places] = lengths
        rows.items[places, :length] = np.where(beyond, -1, batch.items.numpy())
        rows.engagements[places, :length] = np.where(beyond, -1, batch.engagements.numpy())
        if rows.layers:
            with torch.inference_mode(), watch(model) as trace:
                model.logits(batch)
            rows.weights[places, :, :length] = _last_rows(trace.maps(), batch.lengths)
        done += len(places)
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
    own = maps[torch.arange(len(maps)), :, :, lengths - 1].flatten(1, 2)
    beyond = torch.arange(own.shape[-1]) >= lengths[:, None, None]
    return own.masked_fill(beyond, 0.0).numpy()
