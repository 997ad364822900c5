"""Lists that a model's lists are compared with: random titles, popular titles, and what the log itself holds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from streamrec_core.data.batches import Batch
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, Split
from streamrec_core.evaluation.beyond_accuracy.measures import EMPTY
from streamrec_core.evaluation.ranking import TOP, rank
from streamrec_core.models.popularity import popularity
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom

FLOORS = {
    "random lists": "titles drawn at random",
    "popularity lists": "the most popular titles of the training part, the same for everybody",
    "the log itself": "the last ten titles of each session, the next one first: what people choose unasked",
}
"""Name of each floor, and what it is."""
RANDOM_SEED = 0


class RandomScores:
    """A model that scores every item at random, the same at every run.

    Parameters
    ----------
    size : int
        V items.
    seed : int
    """

    name = "random"
    max_events = 1
    predicts_from: PredictsFrom = "last event"

    def __init__(self, size: int, seed: int = RANDOM_SEED) -> None:
        self._size, self._generator = size, torch.Generator().manual_seed(seed)

    def logits(self, batch: Batch) -> Tensor:
        """Scores (B, V), new ones at every call."""
        return torch.rand(len(batch), self._size, generator=self._generator)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        """None: nothing here attends."""
        return ()


def log_lists(dataset: DataSet, examples: Examples, k: int = TOP) -> IntArray:
    """List the last distinct titles of each session, the target first.

    Parameters
    ----------
    dataset : DataSet
    examples : Examples
        M of them.
    k : int
        Length of the lists.

    Returns
    -------
    (M, k) int64
        Filled up with -1.
    """
    lists = np.full((len(examples), k), EMPTY, np.int64)
    neutral = dataset.catalogue.neutral
    starts = dataset.log.offsets[examples.sessions]
    for row, (start, end) in enumerate(zip(starts.tolist(), examples.ends.tolist(), strict=True)):
        events = dataset.log.items[start : start + end + 1][::-1]
        titles = list(dict.fromkeys(events[~neutral[events]].tolist()))[:k]
        lists[row, : len(titles)] = titles
    return lists


def floor_lists(
    dataset: DataSet, divided: Split, examples: Examples, filter_seen: bool | None = None
) -> dict[str, IntArray]:
    """Make the lists of every floor.

    Parameters
    ----------
    dataset : DataSet
    divided : Split
        Whose training part tells what is popular.
    examples : Examples
        M of them.
    filter_seen : bool or None
        Whether items of the history are excluded; None: as the data set's card says.

    Returns
    -------
    dict of str to (M, k) int64
        By the names of `FLOORS`.
    """
    random = RandomScores(len(dataset.catalogue))
    popular = popularity(dataset.log, dataset.catalogue, divided.train)
    return {
        "random lists": rank(random, dataset, examples, filter_seen).lists,
        "popularity lists": rank(popular, dataset, examples, filter_seen).lists,
        "the log itself": log_lists(dataset, examples),
    }
