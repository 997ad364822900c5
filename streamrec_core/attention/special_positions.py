"""Attention of models of other libraries on positions that hold no event: padding, MASK, the start of a sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from streamrec_core.data.batches import batch_of
from streamrec_core.data.log import Session
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import ForeignAttention, SessionModel, WeightKind

Shares = npt.NDArray[np.float64]
NOTEWORTHY = 0.05
"""Share on positions without an event from which a reader is warned."""
KIND_NOTES: dict[WeightKind, str] = {
    "shares": "",
    "weights": (
        "These heads give weights, not shares: a gate instead of a softmax makes them, of any sum. They are shown "
        "scaled so that their absolute values sum to 1."
    ),
    "signed": (
        "These heads subtract one attention map from another, so that weights can be negative. They are shown scaled "
        "so that their absolute values sum to 1."
    ),
}


def special_shares(model: SessionModel, histories: Sequence[Session], catalogue_size: int) -> list[Shares]:
    """Share of each head's attention, from the predicting position, on positions without an event.

    Parameters
    ----------
    model : SessionModel
    histories : sequence of Session
    catalogue_size : int
        Items in the catalogue, V.

    Returns
    -------
    list of (layers, H) float64
        Empty arrays for a model that attends to events alone.
    """
    if not isinstance(model, ForeignAttention) or not model.attention_probes():
        return [np.zeros((0, 0)) for _ in histories]
    batch = batch_of(histories, catalogue_size, model.max_events).to(device_of(model))
    return list(model.special_shares(batch).double().cpu().numpy())


def kind_note(model: SessionModel) -> str:
    """What kind of weights the heads of a model give, where it is no softmax; else empty."""
    return KIND_NOTES[model.weight_kind] if isinstance(model, ForeignAttention) else ""


def attention_note(model: SessionModel, shares: Shares) -> str:
    """What a reader of attention weights must know: their kind, and how much lies on no event; else empty.

    Parameters
    ----------
    model : SessionModel
    shares : (layers, H) float64
        As `special_shares` gives them.

    Returns
    -------
    str
    """
    if not shares.size:
        return ""
    notes = [kind_note(model)]
    if shares.max() >= NOTEWORTHY:
        notes.append(
            f"{shares.min():.0%} to {shares.max():.0%} of the attention of a head lies on padding, MASK or other "
            "positions without an event; what is shown is scaled to the events."
        )
    return " ".join(filter(None, notes))
