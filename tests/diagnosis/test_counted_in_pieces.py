"""Counts over all training sessions: in pieces they are those of a plain loop, without an object for each session."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples, split
from streamrec_core.diagnosis import lift
from streamrec_core.diagnosis.attention_sinks import SinkSettings, frequent_items
from streamrec_core.diagnosis.causes import step_gains
from streamrec_core.evaluation.beyond_accuracy.measures import list_context
from streamrec_core.models.popularity import training_counts
from tests.worlds import catalogue_of, dataset_of

PIECES = (
    "streamrec_core.diagnosis.causes",
    "streamrec_core.diagnosis.lift",
    "streamrec_core.models.popularity",
    "streamrec_core.attribution.addition_pool",
    "streamrec_core.evaluation.beyond_accuracy.measures",
)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in PIECES:
        monkeypatch.setattr(f"{module}.EVENTS_AT_ONCE", 17)

    def refuse(log: EventLog, row: int) -> None:
        pytest.fail("an object was made of a session")

    monkeypatch.setattr(EventLog, "session", refuse)


@pytest.fixture
def dataset() -> DataSet:
    rng = np.random.default_rng(4)
    lengths = rng.integers(2, 9, size=80)
    items = rng.integers(0, 15, size=int(lengths.sum())).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = [f"s{row}" for row in range(80)]
    log = EventLog(ids, offsets, items, np.zeros(len(items), np.int8))
    return dataset_of(catalogue_of(14, 3, home=True), log)


def sessions_of(dataset: DataSet, examples: Examples) -> list[tuple[list[int], int]]:
    """History and target of every example."""
    starts = dataset.log.offsets[examples.sessions].tolist()
    return [
        (dataset.log.items[start : start + end].tolist(), int(dataset.log.items[start + end]))
        for start, end in zip(starts, examples.ends.tolist(), strict=True)
    ]


def test_presence_and_its_lift(dataset: DataSet) -> None:
    train, rows = split(dataset).train, np.array([7, 3, 2, 14])
    of_each = sessions_of(dataset, train)
    present = np.array([[int(row) in history for history, _ in of_each] for row in rows])
    assert (lift.presence(dataset, train, rows) == present).all()
    codes = dataset.catalogue.category_of[[target for _, target in of_each]]
    for mask, measured in zip(present, lift.predictive_lift(dataset, train, rows), strict=True):
        size = int(codes.max()) + 1
        table = np.stack([np.bincount(codes[part], minlength=size) for part in (mask, ~mask)])
        assert measured == lift._lift(table)
    assert lift.predictive_lift(dataset, train, rows[:0]) == ()


def test_frequent_items(dataset: DataSet) -> None:
    test = split(dataset).test
    limit = SinkSettings(session_share=0.2, fewest=2, most_items=5)
    counts = Counter(row for history, _ in sessions_of(dataset, test) for row in set(history))
    often = [row for row, count in counts.items() if count >= max(2, 0.2 * len(test))]
    assert frequent_items(dataset, test, limit).tolist() == sorted(often, key=lambda row: (-counts[row], row))[:5]


def test_counts_of_items_and_of_steps(dataset: DataSet) -> None:
    train, catalogue = split(dataset).train, dataset.catalogue
    of_each = [[*history, target] for history, target in sessions_of(dataset, train)]
    counts = Counter(row for items in of_each for row in items)
    assert training_counts(dataset.log, catalogue, train).tolist() == [counts[row] for row in range(15)]
    size = len(catalogue.categories)
    pairs = np.ones((size, size))
    for items in of_each:
        for before, after in pairwise(row for row in items if not catalogue.neutral[row]):
            pairs[catalogue.category_of[before], catalogue.category_of[after]] += 1
    gains = np.log(pairs / pairs.sum(1, keepdims=True)) - np.log(pairs.sum(0) / pairs.sum())
    np.testing.assert_allclose(step_gains(dataset, train), gains, rtol=1e-12)


def test_the_latest_of_several_targets_of_a_session_ends_what_is_counted(dataset: DataSet) -> None:
    last = dataset.log.lengths[0] - 1
    several = Examples(np.zeros(2, np.int64), np.array([last, 1]))
    counted = np.bincount(dataset.log.items[: last + 1], minlength=15)
    assert training_counts(dataset.log, dataset.catalogue, several).tolist() == counted.tolist()


def test_steps_to_held_out_events_are_not_counted() -> None:
    catalogue = catalogue_of(4, 2)
    held_out = [0, 2, 0, 2, 1, 1]  # the last two events of each session go from the first category to the second
    log = EventLog(("a", "b"), np.array([0, 6, 12]), np.array(held_out * 2, np.int32), np.zeros(12, np.int8))
    without = EventLog(("a", "b"), np.array([0, 4, 8]), np.array(held_out[:4] * 2, np.int32), np.zeros(8, np.int8))
    cut, whole = split(dataset_of(catalogue, log), "leave-last-out").train, Examples(np.arange(2), np.array([3, 3]))
    gains = step_gains(dataset_of(catalogue, log), cut)
    assert gains.tolist() == step_gains(dataset_of(catalogue, without), whole).tolist()


@pytest.mark.parametrize("title", range(14))
def test_items_worth_adding(dataset: DataSet, title: int) -> None:
    train, catalogue = split(dataset).train, dataset.catalogue
    of_each = [[*history, target] for history, target in sessions_of(dataset, train)]
    counts = Counter(row for items in of_each for row in items)
    leads = Counter(before for items in of_each for before, after in pairwise(items) if after == title)

    def promise(row: int) -> tuple[float, bool, int]:
        same = catalogue.category_of[row] == catalogue.category_of[title]
        return -leads[row] / (counts[row] + 5), not same, -counts[row]

    usable = [row for row in range(15) if row != title and not catalogue.neutral[row]]
    assert addition_pool(dataset, train, title, 12).tolist() == sorted(usable, key=promise)[:12]


def test_the_context_of_lists(dataset: DataSet) -> None:
    train, catalogue = split(dataset).train, dataset.catalogue
    of_each = [[*history, target] for history, target in sessions_of(dataset, train)]
    counts = Counter(row for items in of_each for row in items)
    context = list_context(dataset, train, split(dataset).test)
    holding = Counter(row for items in of_each for row in set(items))
    assert context.sessions_with.tolist() == [holding[row] for row in range(15)]
    assert context.counts.tolist() == [0 if catalogue.neutral[row] else counts[row] for row in range(15)]
