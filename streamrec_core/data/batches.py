"""Batches: sessions of similar length as padded tensors, for training and testing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.log import EventLog, Session
from streamrec_core.data.splits import Examples

IGNORE = -100
"""Target of a position that is not learned from (torch's own sign for it)."""


@dataclass(frozen=True)
class Batch:
    """B histories, padded on the right to the longest.

    Attributes
    ----------
    items : (B, L) int64
        Catalogue rows; V (one past the last row) is padding.
    engagements : (B, L) int64
    lengths : (B,) int64
        Number of events of each history.
    targets : (B, L) int64 or None
        Next item of each position, `IGNORE` where nothing is to be learned.
    hidden : (B, L) bool or None
        Events masked in place: they keep their position, but their embedding is zero and they get no attention.
    times : (B, L) int64 or None
        Seconds since any moment that is fixed for a history; None where no history has them.
    """

    items: Tensor
    engagements: Tensor
    lengths: Tensor
    targets: Tensor | None = None
    hidden: Tensor | None = None
    times: Tensor | None = None

    @property
    def visible(self) -> Tensor:
        """(B, L) bool, events that are neither padding nor hidden."""
        inside = torch.arange(self.items.shape[1], device=self.lengths.device) < self.lengths.unsqueeze(1)
        return inside if self.hidden is None else inside & ~self.hidden

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        moved = {name: value.to(device) for name, value in vars(self).items() if value is not None}
        return replace(self, **moved)

    def take(self, rows: Tensor) -> Batch:
        """The histories in these rows, in this order, as wide as before."""
        return replace(self, **{name: value[rows] for name, value in vars(self).items() if value is not None})


def batch_of(histories: Sequence[Session], catalogue_size: int, max_events: int) -> Batch:
    """Make a batch of histories (targets already left off).

    Parameters
    ----------
    histories : sequence of Session
    catalogue_size : int
        V, which is also the row that means padding.
    max_events : int
        Each history is cut to its last so many events.

    Returns
    -------
    Batch
        B histories, padded to the longest.
    """
    cut = [history.last(max_events) for history in histories]
    lengths = np.array([len(history) for history in cut], np.int64)
    items = np.full((len(cut), max(1, int(lengths.max()))), catalogue_size, np.int64)
    engagements = np.zeros_like(items)
    for row, history in enumerate(cut):
        items[row, : len(history)] = history.items
        engagements[row, : len(history)] = history.engagements
    times = padded_times(cut, items.shape[1])
    return Batch(torch.from_numpy(items), torch.from_numpy(engagements), torch.from_numpy(lengths), times=times)


def padded_times(histories: Sequence[Session], width: int) -> Tensor | None:
    """Lay out the times of histories.

    Parameters
    ----------
    histories : sequence of Session
        B of them.
    width : int
        Events to pad to.

    Returns
    -------
    (B, width) int64 Tensor or None
        0 at padding and where a history has none; None where none has any.
    """
    if all(history.times is None for history in histories):
        return None
    times = np.zeros((len(histories), width), np.int64)
    for row, history in enumerate(histories):
        if history.times is not None:
            times[row, : len(history)] = history.times
    return torch.from_numpy(times)


def in_test_order(examples: Examples) -> IntArray:
    """(M,) places of the examples by falling length of the history: the order in which they are tested."""
    return np.argsort(-examples.ends, kind="stable")


class BatchSource:
    """Cuts examples of one log into batches, for learning or for testing.

    Parameters
    ----------
    max_events : int
        Events before the target that a batch holds at most; earlier ones are left out.
    batch_size : int
    all_positions : bool
        Learn from every position of the history, or from the last one only. Longer histories are then
        learned from in windows, so that no event is lost.
    """

    def __init__(
        self,
        log: EventLog,
        catalogue: Catalogue,
        examples: Examples,
        max_events: int,
        batch_size: int = 128,
        all_positions: bool = True,
    ) -> None:
        self._log, self._neutral = log, catalogue.neutral
        self._pad, self._max_events, self._batch_size = len(catalogue), max_events, batch_size
        self._all_positions = all_positions
        self.examples = examples

    def __len__(self) -> int:
        """Number of batches in one pass for testing."""
        return -(-len(self.examples) // self._batch_size)

    def in_order(self) -> Iterator[tuple[IntArray, Batch]]:
        """Batches by falling length for testing, each with the places of its examples in `examples`."""
        order = in_test_order(self.examples)
        for start in range(0, len(order), self._batch_size):
            indices = order[start : start + self._batch_size]
            yield indices, self._batch(self.examples.take(indices))

    def epoch(self, seed: int) -> list[IntArray]:
        """The places of one shuffled pass for learning, a batch each; the same seed gives the same pass."""
        rng = np.random.default_rng(seed)
        windows = self.windows
        order = rng.permutation(len(windows))
        span = 32 * self._batch_size
        batches: list[IntArray] = []
        for start in range(0, len(order), span):
            group = order[start : start + span]
            group = group[np.argsort(windows.ends[group], kind="stable")]
            batches += [group[at : at + self._batch_size] for at in range(0, len(group), self._batch_size)]
        return [batches[batch] for batch in rng.permutation(len(batches))]

    def targets_per_epoch(self) -> int:
        """How many positions one pass learns from, neutral targets not yet left out."""
        windows = self.windows
        return int(np.minimum(windows.ends, self._max_events).sum()) if self._all_positions else len(windows)

    def learning_batch(self, indices: IntArray) -> Batch:
        """The batch with targets at these places of `windows`."""
        return self._batch(self.windows.take(indices), learn=True)

    @cached_property
    def windows(self) -> Examples:
        """What is learned from: the examples and, for long histories at all positions, earlier windows of them."""
        if not self._all_positions:
            return self.examples
        sessions, ends = self.examples.sessions, self.examples.ends
        if not (ends > self._max_events).any():
            return self.examples
        more_sessions, more_ends = [sessions], [ends]
        while (earlier := ends > self._max_events).any():
            sessions, ends = sessions[earlier], ends[earlier] - self._max_events
            more_sessions.append(sessions)
            more_ends.append(ends)
        return Examples(np.concatenate(more_sessions), np.concatenate(more_ends))

    def _batch(self, examples: Examples, learn: bool = False) -> Batch:
        offsets = self._log.offsets[examples.sessions]
        starts = offsets + np.maximum(0, examples.ends - self._max_events)
        lengths = offsets + examples.ends - starts
        # (B, 1) + (L,) -> (B, L) places in the log; padding points at the first event and is overwritten
        steps = np.arange(int(lengths.max()))
        inside = steps < lengths[:, None]
        indices = np.where(inside, starts[:, None] + steps, 0)
        items = np.where(inside, self._log.items[indices], self._pad).astype(np.int64)
        engagements = np.where(inside, self._log.engagements[indices], 0).astype(np.int64)
        return Batch(
            items=torch.from_numpy(items),
            engagements=torch.from_numpy(engagements),
            lengths=torch.from_numpy(lengths),
            targets=self._targets(indices, inside, lengths) if learn else None,
            times=self._times(indices, inside),
        )

    def _times(self, indices: IntArray, inside: npt.NDArray[np.bool_]) -> Tensor | None:
        if self._log.timestamps is None:
            return None
        return torch.from_numpy(np.where(inside, self._log.timestamps[indices], 0).astype(np.int64))

    def _targets(self, indices: IntArray, inside: npt.NDArray[np.bool_], lengths: IntArray) -> Tensor:
        following = self._log.items[np.where(inside, indices + 1, 0)].astype(np.int64)
        learned = inside & ~self._neutral[following]
        if not self._all_positions:
            learned &= np.arange(indices.shape[1]) == lengths[:, None] - 1
        return torch.from_numpy(np.where(learned, following, IGNORE))
