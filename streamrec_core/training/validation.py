"""Validation after an epoch: ranking metrics and loss from the log alone, never from a generator's truth."""

from __future__ import annotations

from typing import Any

import torch

from streamrec_core.data.batches import BatchSource
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split
from streamrec_core.evaluation.metrics import metrics_of
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.device import device_of
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.optimiser import batch_loss

BATCH_SIZE = 256
TRAINING_LOSS = "training loss"
"""The monitor of a run whose validation part is empty."""
NO_VALIDATION = (
    "The validation part is empty, so the training loss chooses the best epoch and ends the training early; the test "
    "part is not looked at before the end."
)


def monitor_of(setting: str, divided: Split) -> str:
    """The figure that chooses the best epoch: the one set, or the training loss where the validation part is empty.

    Parameters
    ----------
    setting : str
    divided : Split

    Returns
    -------
    str
    """
    return setting if len(divided.validation) else TRAINING_LOSS


def validate(model: SequenceModel, dataset: DataSet, divided: Split) -> dict[str, Any]:
    """Measure a model on the validation part.

    The expected metrics of synthetic data are left out: they come from the distribution that the targets were drawn
    from, which must not choose an epoch.

    Parameters
    ----------
    model : SequenceModel
    dataset : DataSet
    divided : Split

    Returns
    -------
    dict
        Metrics as `metrics_of` names them, and `loss`, the mean cross-entropy; empty where the part is empty.
    """
    examples = divided.validation
    if not len(examples):
        return {}
    filter_seen = dataset.card.filter_seen
    ranks = rank(model, dataset, examples, filter_seen).ranks
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, BATCH_SIZE, all_positions=False)
    with torch.inference_mode():
        losses = [batch_loss(model, source.learning_batch(rows).to(device_of(model))) for rows in source.epoch(0)]
    loss = sum(float(mean) * count for mean, count in losses) / sum(count for _, count in losses)
    return {**metrics_of(ranks, "validation", divided.kind, filter_seen), "loss": loss}
