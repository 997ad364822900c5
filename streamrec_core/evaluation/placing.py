"""Where a model placed each target: rank, log-probability and the ten it preferred, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.metrics import Values
from streamrec_core.evaluation.ranking import TOP, score
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Placing:
    """What a model made of the targets of M examples.

    Attributes
    ----------
    ranks : (M,) int64
        As `Ranking.ranks`: 1 is best, V + 1 for a target that cannot be recommended.
    log_probability : (M,) float64
        Natural logarithm of the target's softmax share; -inf where it cannot be recommended.
    top : (M, 10) int64
        Catalogue rows of the ten recommendations.
    """

    ranks: IntArray
    log_probability: Values
    top: IntArray


def place(model: SessionModel, dataset: DataSet, examples: Examples) -> Placing:
    """Place the target of every example over the whole catalogue, seen items filtered as the data set says."""
    size = len(dataset.catalogue)
    ranks, log_probability = np.zeros(len(examples), np.int64), np.zeros(len(examples))
    top = np.zeros((len(examples), min(TOP, size)), np.int64)
    targets = torch.from_numpy(examples.targets(dataset.log))
    for places, scores in score(model, dataset, examples, dataset.card.filter_seen) if len(examples) else ():
        own = scores.gather(1, targets[places].unsqueeze(1))
        ranks[places] = (1 + (scores > own).sum(1) + ((scores == own).sum(1) - 1) // 2).numpy()
        ranks[places[(own.squeeze(1) == float("-inf")).numpy()]] = size + 1
        log_probability[places] = (own.squeeze(1).double() - scores.double().logsumexp(1)).numpy()
        top[places] = scores.topk(top.shape[1], dim=1).indices.numpy()
    return Placing(ranks, log_probability, top)
