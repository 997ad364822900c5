"""Replicas: processes that train one model together, each on a share of every batch (data parallelism).

With W replicas a step is that of one process: the loss is the mean over the positions of the whole batch, whatever
share of them a replica has, and all replicas end the step with the same weights. The first replica writes the run
folder; the others compute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from streamrec_core.data.batches import IGNORE, Batch, BatchSource
from streamrec_core.data.catalogue import IntArray
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.large_catalogue import NegativeSampler
from streamrec_core.training.optimiser import batch_loss

Answer = TypeVar("Answer")


class Replicas:
    """One process that trains alone."""

    size = 1
    """How many there are."""
    writes = True
    """Whether this process writes the run folder."""

    def prepare(self, model: SequenceModel, sampler: NegativeSampler | None) -> None:
        """Take the model that is trained, on its device and with its weights.

        Parameters
        ----------
        model : SequenceModel
        sampler : NegativeSampler or None
            As for `batch_loss`.
        """
        self._model, self._sampler = model, sampler

    def batch(self, source: BatchSource, rows: IntArray) -> Batch:
        """Make the batch of this process.

        Parameters
        ----------
        source : BatchSource
        rows : (B,) int64
            The whole batch.

        Returns
        -------
        Batch
        """
        return source.learning_batch(rows)

    def seed(self, seed: int, step: int) -> None:
        """Set the random state of a step; alone, it goes on from the step before.

        Parameters
        ----------
        seed : int
            Of the run.
        step : int
            Counted from 0, over all epochs.
        """

    def backward(self, batch: Batch) -> tuple[float, int]:
        """Add up the gradients of a step.

        Parameters
        ----------
        batch : Batch
            As `batch` made it.

        Returns
        -------
        loss : float
            Mean over the positions of the whole batch, in nats.
        count : int
            How many positions these are.
        """
        loss, count = batch_loss(self._model, batch, self._sampler)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach()), count

    def of_first(self, compute: Callable[[], Answer]) -> Answer:
        """What the first replica computes; the others wait for it."""
        return compute()


class _Loss(nn.Module):
    """The loss of a share, weighted so that the mean over replicas is the mean over positions."""

    def __init__(self, model: SequenceModel, sampler: NegativeSampler | None) -> None:
        super().__init__()
        self.model = model
        self._sampler = sampler

    def forward(self, batch: Batch, weight: float) -> Tensor:
        return batch_loss(self.model, batch, self._sampler)[0] * weight


class ProcessGroup(Replicas):
    """A process of torch's default group, which has been set up; on processors only (gloo)."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.writes = self.rank == 0

    def prepare(self, model: SequenceModel, sampler: NegativeSampler | None) -> None:
        """Take the model; its weights become those of the first replica.

        Parameters
        ----------
        model : SequenceModel
        sampler : NegativeSampler or None
        """
        # The named terms of some heads get no gradient from a share without the events that they are about.
        self._loss = DistributedDataParallel(_Loss(model, sampler), find_unused_parameters=True)

    def batch(self, source: BatchSource, rows: IntArray) -> Batch:
        """Make the batch of this process: every so-many-th session of the whole one.

        Parameters
        ----------
        source : BatchSource
        rows : (B,) int64

        Returns
        -------
        Batch
            One session without targets where there are fewer sessions than replicas.
        """
        share = rows[self.rank :: self.size]
        if len(share):
            return source.learning_batch(share)
        batch = source.learning_batch(rows[:1])
        assert batch.targets is not None
        return replace(batch, targets=torch.full_like(batch.targets, IGNORE))

    def seed(self, seed: int, step: int) -> None:
        """Give every replica and step a random state of its own, so that a resumed run needs none that was saved.

        Parameters
        ----------
        seed : int
        step : int
        """
        torch.manual_seed(((seed + 1) * 1_000_003 + step) * self.size + self.rank)

    def backward(self, batch: Batch) -> tuple[float, int]:
        """Add up the gradients of a step over all replicas.

        Parameters
        ----------
        batch : Batch

        Returns
        -------
        loss : float
        count : int
        """
        assert batch.targets is not None
        total = torch.tensor([float((batch.targets != IGNORE).sum())], dtype=torch.float64)
        share = float(total)
        dist.all_reduce(total)
        loss = self._loss(batch, share * self.size / max(1.0, float(total)))
        loss.backward()
        mean = loss.detach().double() / self.size
        dist.all_reduce(mean)
        return float(mean), int(total)

    def of_first(self, compute: Callable[[], Answer]) -> Answer:
        """What the first replica computes; the others wait for it."""
        answer = [compute() if self.writes else None]
        dist.broadcast_object_list(answer)
        return answer[0]  # type: ignore[return-value]  # None only before the broadcast
