"""Columns of a long log on disk: the same log, the same training, and nothing left in the folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data import log_column
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.storage import read_dataset, verify_dataset
from streamrec_core.models import popularity
from streamrec_core.models import successive_items as successive_pairs_module
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.popularity import item_counts
from streamrec_core.models.successive_items import successive_counts, successive_items, successive_pairs
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.worlds import SMALL, catalogue_of, chain_dataset, dataset_of, examples_at_last, log_of, written

RNG = np.random.default_rng(5)
ROWS = [RNG.integers(0, 12, int(RNG.integers(3, 30))).tolist() for _ in range(60)]
TIMES = [
    list(range(1_700_000_000 + 100 * row, 1_700_000_000 + 100 * row + len(items))) for row, items in enumerate(ROWS)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dataset = dataset_of(catalogue_of(), log_of(ROWS, timestamps=TIMES))
    return Path(str(written(dataset, tmp_path / "data").folder))


def on_disk(dataset: DataSet) -> bool:
    return isinstance(dataset.log.items.base, np.memmap)


def test_a_long_log_is_mapped_from_disk_and_is_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = read_dataset(folder, in_full=True)
    assert not on_disk(in_memory)
    files = sorted(path.name for path in folder.iterdir())
    for limit, mapped in ((len(in_memory.log.items), False), (len(in_memory.log.items) - 1, True)):
        monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", limit)
        dataset = read_dataset(folder, in_full=True)  # recomputes the hash of the log
        assert on_disk(dataset) == mapped
        for name in ("items", "engagements", "timestamps", "offsets"):
            column, expected = getattr(dataset.log, name), getattr(in_memory.log, name)
            assert column.dtype == expected.dtype
            np.testing.assert_array_equal(column, expected)
        assert dataset.log.hash() == in_memory.log.hash()
    with pytest.raises(ValueError, match="read-only"):
        dataset.log.items[0] = 1
    assert sorted(path.name for path in folder.iterdir()) == files
    verify_dataset(folder)


def test_a_folder_that_cannot_be_written_to_is_read_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_dataset(folder).log.hash()
    monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", 1)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert read_dataset(folder).log.hash() == expected


def test_training_from_disk_is_training_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(str(written(chain_dataset(), tmp_path / "chain").folder))
    weights = []
    for limit in (10**6, 1):
        monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", limit)
        monkeypatch.setattr(successive_pairs_module, "EVENTS_AT_ONCE", 10**6 if limit > 1 else 40)
        monkeypatch.setattr(popularity, "EVENTS_AT_ONCE", 10**6 if limit > 1 else 40)
        dataset = read_dataset(folder)
        assert on_disk(dataset) == (limit == 1)
        run = RunFolder(tmp_path / f"run-{limit}")
        settings = {**SMALL, "epochs": 1, "negatives": 6, "batch_size": 16, "followers": 4}
        run.begin(new_run("run", dataset, "transformer", "additive", settings))
        list(train(run, dataset))
        weights.append((run.best / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize("events", [1, 7, 50, 10_000])
def test_counts_do_not_depend_on_how_many_sessions_are_counted_at_once(
    events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, log = catalogue_of(11, 3, home=True), log_of(ROWS)
    examples = examples_at_last(log).take(RNG.permutation(len(ROWS))[:50])
    parts = list(examples.pieces(events))
    assert (len(parts) == 1) == (events == 10_000)
    np.testing.assert_array_equal(np.concatenate([part.sessions for part in parts]), examples.sessions)
    np.testing.assert_array_equal(np.concatenate([part.ends for part in parts]), examples.ends)
    monkeypatch.setattr(successive_pairs_module, "EVENTS_AT_ONCE", events)
    monkeypatch.setattr(popularity, "EVENTS_AT_ONCE", events)
    for last_only, within in ((False, 1), (True, 1), (False, 3), (True, 3)):
        expected = np.zeros((within, len(catalogue) ** 2), np.int64)
        first, second = successive_counts(log, examples, catalogue, last_only, within)
        for row in range(within):
            before, after = successive_items(log, examples, catalogue, last_only, row + 1)
            np.add.at(expected[row], before * len(catalogue) + after, 1)
            np.testing.assert_array_equal(first[row], np.bincount(before, minlength=len(catalogue)))
            np.testing.assert_array_equal(second[row], np.bincount(after, minlength=len(catalogue)))
        parts = list(successive_pairs(log, examples, catalogue, last_only, first))
        np.testing.assert_array_equal(np.concatenate([pairs for pairs, _ in parts]), np.flatnonzero(expected.any(0)))
        counts = np.concatenate([counts for _, counts in parts])
        np.testing.assert_array_equal(counts, expected[:, expected.any(0)].T)
    every = np.concatenate([ROWS[row][: end + 1] for row, end in zip(examples.sessions, examples.ends, strict=True)])
    np.testing.assert_array_equal(item_counts(log, catalogue, examples), np.bincount(every, minlength=len(catalogue)))


def test_no_session_gives_no_piece_and_no_pair() -> None:
    log, nothing = log_of(ROWS), examples_at_last(log_of(ROWS)).take(np.zeros(0, np.int64))
    assert list(nothing.pieces(10)) == []
    table = FollowerTable(12, 3)
    table.count(log, nothing, catalogue_of(), last_only=False)
    assert not table.strength.any()
