"""Fixtures of data tests: folders of data sets with every column and with every file that there can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamrec_core.data.left_out import left_out_sessions
from streamrec_core.data.storage import write_dataset
from tests.data.dataset_folders import rich_dataset
from tests.worlds import catalogue_of, dataset_of, even_truth, log_of


@pytest.fixture
def rich_folder(tmp_path: Path) -> Path:
    """A folder with every column that a log and a catalogue can have."""
    write_dataset(rich_dataset(), tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def full_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that a data set can have; its log is long, so that it has an index."""
    monkeypatch.setattr("streamrec_core.data.log_column.EVENTS_IN_MEMORY", 3)
    dataset = dataset_of(catalogue_of(), log_of([[0, 1], [2, 3]]))
    listed = left_out_sessions({"it has one event": ["anna", "ben"]})
    dataset = replace(dataset, log=replace(dataset.log, left_out=listed))
    write_dataset(dataset, tmp_path / "set", even_truth(catalogue_of(), sessions=2))
    return tmp_path / "set"
