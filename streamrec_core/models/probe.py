"""Attention probes: record or edit the attention weights of a layer, within one thread of control."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

Recorder = Callable[[Tensor], None]
Edit = Callable[[Tensor], Tensor]

# Read-only mappings from probe to function. Context variables, not fields of the model: one loaded model serves
# many threads, and what one of them watches or changes must not reach, slow or leak into the others.
_RECORDERS: ContextVar[dict[int, Recorder] | None] = ContextVar("streamrec_attention_recorders", default=None)
_EDITS: ContextVar[dict[int, Edit] | None] = ContextVar("streamrec_attention_edits", default=None)


class AttentionProbe:
    """Identifies one attention layer and passes its weights (B, H, T, L) to recorder and editor.

    T rows look at L events: T = L while somebody records, and may be the predicting row alone otherwise.
    """

    def __init__(self, layer: int, heads: int) -> None:
        self.layer = layer
        self.heads = heads

    @property
    def watched(self) -> bool:
        """Whether somebody records in this context; the layer then computes the weights of every row."""
        return id(self) in (_RECORDERS.get() or {})

    @property
    def active(self) -> bool:
        """Whether somebody records or edits in this context; the layer then computes its weights explicitly."""
        return self.watched or id(self) in (_EDITS.get() or {})

    def show(self, weights: Tensor) -> Tensor:
        """Hand the attention weights (B, H, T, L) to editor and recorder; gives the weights to be used."""
        edit = (_EDITS.get() or {}).get(id(self))
        if edit is not None:
            weights = edit(weights)
        recorder = (_RECORDERS.get() or {}).get(id(self))
        if recorder is not None:
            recorder(weights)
        return weights


@contextmanager
def recording(recorders: Mapping[AttentionProbe, Recorder]) -> Iterator[None]:
    """Record these probes in this context; earlier recorders are back afterwards, also after an error."""
    token = _RECORDERS.set({**(_RECORDERS.get() or {}), **{id(probe): to for probe, to in recorders.items()}})
    try:
        yield
    finally:
        _RECORDERS.reset(token)


@contextmanager
def editing(edits: Mapping[AttentionProbe, Edit]) -> Iterator[None]:
    """Replace the weights of these probes in this context by what the edits make of them.

    An edit takes weights (B, H, T, L) and gives weights of the same shape; a head whose weights become zero is
    switched off. What was edited before is edited again afterwards, also after an error.
    """
    token = _EDITS.set({**(_EDITS.get() or {}), **{id(probe): by for probe, by in edits.items()}})
    try:
        yield
    finally:
        _EDITS.reset(token)
