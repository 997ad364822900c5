"""A tap on one attention layer: silent until somebody in the same thread of control asks to see the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

Recorder = Callable[[Tensor], None]

# Read-only mapping from probe to recorder. A context variable, not a field of the model: one loaded model serves
# many threads, and what one of them watches must not reach, slow or leak into the others.
_RECORDERS: ContextVar[dict[int, Recorder] | None] = ContextVar("streamrec_attention_recorders", default=None)


class AttentionProbe:
    """Names one attention layer and passes its weights (B, H, L, L) to whoever watches it."""

    def __init__(self, layer: int, heads: int) -> None:
        self.layer = layer
        self.heads = heads

    @property
    def watched(self) -> bool:
        """Whether somebody watches in this context; the layer then computes its weights in the open."""
        recorders = _RECORDERS.get()
        return recorders is not None and id(self) in recorders

    def show(self, weights: Tensor) -> None:
        """Hand the attention weights (B, H, L, L) to the watcher."""
        recorders = _RECORDERS.get()
        if recorders is not None and id(self) in recorders:
            recorders[id(self)](weights)


@contextmanager
def recording(recorders: Mapping[AttentionProbe, Recorder]) -> Iterator[None]:
    """Watch these probes in this context; what was watched before is watched again afterwards, also after an error."""
    token = _RECORDERS.set({**(_RECORDERS.get() or {}), **{id(probe): to for probe, to in recorders.items()}})
    try:
        yield
    finally:
        _RECORDERS.reset(token)
