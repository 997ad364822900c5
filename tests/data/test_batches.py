"""Batches: padding inside the batch only, windows that lose no event, and targets that are learned once."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.data.batches import IGNORE, BatchSource, batch_of
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from tests.worlds import catalogue_of, examples_at_last, log_of, session_of

PAD = 12


def source(log: EventLog, max_events: int = 50, batch_size: int = 4, **options: bool) -> BatchSource:
    return BatchSource(log, catalogue_of(), examples_at_last(log), max_events, batch_size, **options)


def test_a_batch_of_histories_is_padded_on_the_right_to_its_own_longest() -> None:
    batch = batch_of([session_of([3], [2]), session_of([5, 6, 7], [1, 0, 4])], PAD, max_events=50)
    assert batch.items.tolist() == [[3, PAD, PAD], [5, 6, 7]]
    assert batch.engagements.tolist() == [[2, 0, 0], [1, 0, 4]]
    assert batch.lengths.tolist() == [1, 3]
    assert batch.targets is None
    assert len(batch) == 2


def test_a_long_history_keeps_its_last_events() -> None:
    batch = batch_of([session_of([1, 2, 3, 4, 5])], PAD, max_events=3)
    assert batch.items.tolist() == [[3, 4, 5]]
    assert batch.lengths.tolist() == [3]


def test_in_order_longest_first_every_example_once_and_targets_stay_out() -> None:
    log = log_of([[0, 1], [2, 3, 4, 5], [6, 7, 8]])
    batches = list(source(log, batch_size=2).in_order())
    assert [indices.tolist() for indices, _ in batches] == [[1, 2], [0]]
    assert batches[0][1].items.tolist() == [[2, 3, 4], [6, 7, PAD]]
    assert batches[1][1].items.tolist() == [[0]]
    assert all(batch.targets is None for _, batch in batches)
    assert len(source(log, batch_size=2)) == 2


def test_a_source_cuts_histories_to_the_events_before_the_target() -> None:
    log = log_of([[0, 1, 2, 3, 4]])
    ((_, batch),) = source(log, max_events=2).in_order()
    assert batch.items.tolist() == [[2, 3]]


def test_at_all_positions_each_event_is_the_target_of_the_one_before() -> None:
    log = log_of([[0, 1, 2], [3, 4, 5, 6]])
    batch = source(log).learning_batch(np.array([0, 1]))
    assert batch.items.tolist() == [[0, 1, PAD], [3, 4, 5]]
    assert batch.targets is not None
    assert batch.targets.tolist() == [[1, 2, IGNORE], [4, 5, 6]]


def test_at_the_last_position_only_the_last_event_is_a_target() -> None:
    log = log_of([[0, 1, 2], [3, 4, 5, 6]])
    batch = source(log, all_positions=False).learning_batch(np.array([0, 1]))
    assert batch.targets is not None
    assert batch.targets.tolist() == [[IGNORE, 2, IGNORE], [IGNORE, IGNORE, 6]]


def test_neutral_targets_are_not_learned_but_neutral_events_are_seen() -> None:
    catalogue, log = catalogue_of(4, 2, home=True), log_of([[0, 4, 1, 2]])
    batch = BatchSource(log, catalogue, examples_at_last(log), 50).learning_batch(np.array([0]))
    assert batch.items.tolist() == [[0, 4, 1]]
    assert batch.targets is not None
    assert batch.targets.tolist() == [[IGNORE, 1, 2]]


def test_windows_of_a_long_history_lose_no_event() -> None:
    log = log_of([list(range(8))])
    batch_source = source(log, max_events=3)
    windows = batch_source.windows
    assert windows.ends.tolist() == [7, 4, 1]
    rows = [batch_source.learning_batch(np.array([window])) for window in range(3)]
    assert [row.items.tolist()[0] for row in rows] == [[4, 5, 6], [1, 2, 3], [0]]
    assert [row.targets.tolist()[0] for row in rows if row.targets is not None] == [[5, 6, 7], [2, 3, 4], [1]]
    assert source(log, max_events=3, all_positions=False).windows.ends.tolist() == [7]


sessions = st.lists(st.integers(2, 17), min_size=1, max_size=40)


@settings(max_examples=60)
@given(sessions, st.integers(1, 9), st.integers(1, 7), st.integers(0, 5))
def test_every_target_of_training_is_learned_exactly_once_an_epoch(
    lengths: list[int], max_events: int, batch_size: int, seed: int
) -> None:
    # every event has an item of its own, so that a target names its place
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    log = log_of([list(range(first, last)) for first, last in itertools.pairwise(offsets)])
    catalogue = catalogue_of(int(offsets[-1]))
    batch_source = BatchSource(log, catalogue, examples_at_last(log), max_events, batch_size)
    learned: Counter[int] = Counter()
    for indices in batch_source.epoch(seed):
        batch = batch_source.learning_batch(indices)
        assert len(batch) <= batch_size
        assert batch.items.shape[1] == int(batch.lengths.max()) <= max_events
        assert batch.targets is not None
        learned_from = batch.targets != IGNORE
        learned.update(batch.targets[learned_from].tolist())
        assert (batch.targets[learned_from] == batch.items[learned_from] + 1).all()
    assert learned == Counter(set(range(int(offsets[-1]))) - set(offsets[:-1].tolist()))


def test_the_same_seed_gives_the_same_epoch_and_another_one_another() -> None:
    log = log_of([[0] * length for length in np.random.default_rng(0).integers(2, 20, 300)])
    batch_source = source(log)
    first, again, other = (batch_source.epoch(seed) for seed in (1, 1, 2))
    assert all(np.array_equal(left, right) for left, right in zip(first, again, strict=True))
    assert not all(np.array_equal(left, right) for left, right in zip(first, other, strict=True))
    assert len(first) == len(other) == 75


def test_sessions_of_like_length_stand_side_by_side() -> None:
    log = log_of([[0] * length for length in np.random.default_rng(0).integers(2, 40, 512)])
    batch_source = source(log, batch_size=16)
    batches = [batch_source.learning_batch(indices) for indices in batch_source.epoch(0)]
    padded = sum(int(batch.items.numel() - batch.lengths.sum()) for batch in batches)
    # sorted within 512 sessions, a batch of 16 spans about one length; unsorted, half of all places were padding
    assert padded / sum(batch.items.numel() for batch in batches) < 0.06


def test_examples_may_end_anywhere_in_a_session() -> None:
    log = log_of([[0, 1, 2, 3, 4]])
    batch_source = BatchSource(log, catalogue_of(), Examples(np.array([0, 0]), np.array([2, 4])), 50)
    ((indices, batch),) = batch_source.in_order()
    assert indices.tolist() == [1, 0]
    assert batch.items.tolist() == [[0, 1, 2, 3], [0, 1, PAD, PAD]]


def test_a_batch_moves_to_a_device_as_a_copy_with_or_without_targets() -> None:
    log = log_of([[0, 1, 2]])
    learning = source(log).learning_batch(np.array([0]))
    for batch in (learning, batch_of([session_of([1])], PAD, 5)):
        moved = batch.to(torch.device("cpu"))
        assert moved.items.tolist() == batch.items.tolist()
        assert (moved.targets is None) == (batch.targets is None)
