"""Attention of models of other libraries on positions that hold no event: padding, MASK, the start of a sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from streamrec_core.data.batches import BatchSource, batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import ForeignAttention, SessionModel, WeightKind

Shares = npt.NDArray[np.float64]
AT_ONCE = 128
NOTEWORTHY = 0.05
"""Share on positions without an event from which a reader is warned."""
SHOWN = 0.0005
"""Share below which nothing is shown: 0.0 %, and rounding of the model's own sums."""
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


def mean_special_shares(model: SessionModel, dataset: DataSet, examples: Examples) -> Shares:
    """Mean share of each head's attention on positions without an event, with its 95 % interval over sessions.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        N sessions, two or more.

    Returns
    -------
    (A, 3) float64
        Mean, low and high of each head, layer by layer; no row for a model that attends to events alone, or whose
        shares are all zero.
    """
    if not isinstance(model, ForeignAttention) or not model.attention_probes():
        return np.zeros((0, 3))
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, AT_ONCE)
    # (B, layers, H) -> (N, A)
    shares = np.concatenate(
        [
            model.special_shares(batch.to(device_of(model))).double().cpu().flatten(1).numpy()
            for _, batch in source.in_order()
        ]
    )
    if not is_shown(shares):
        return np.zeros((0, 3))
    return np.array([(head.mean(), *interval(head)) for head in shares.T])


def is_shown(shares: Shares) -> bool:
    """Whether any share is more than nothing."""
    return bool(shares.size and shares.max() >= SHOWN)


def special_note(shares: Shares) -> str:
    """The warning where a head gives much to positions without an event; else empty."""
    if not shares.size or shares.max() < NOTEWORTHY:
        return ""
    return (
        f"{shares.min():.0%} to {shares.max():.0%} of the attention of a head lies on padding, MASK or other "
        "positions without an event; what is shown is scaled to the events."
    )


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
    return " ".join(filter(None, (kind_note(model), special_note(shares))))
