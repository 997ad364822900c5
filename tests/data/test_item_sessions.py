"""The index of a long log: sessions of each item, and the same answers as a search through all events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from streamrec_core.data import item_sessions, log_column, long_columns
from streamrec_core.data.browse.figures import count
from streamrec_core.data.browse.sessions import SORTS, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import open_tables
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.item_sessions import ITEM_SESSIONS_FILE, item_session_tables
from streamrec_core.data.storage import accept_changes, read_dataset
from streamrec_core.errors import Refused
from tests.worlds import catalogue_of, dataset_of, log_of, written

LOG_ORDER = next(iter(SORTS))
RNG = np.random.default_rng(8)
ITEMS = 12
ROWS = [RNG.integers(0, ITEMS - 1, int(RNG.integers(2, 15))).tolist() for _ in range(90)]


@pytest.fixture
def dataset() -> DataSet:
    return dataset_of(catalogue_of(ITEMS), log_of(ROWS))


@pytest.fixture
def long_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every log is long, and all is done some rows at a time."""
    monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", 5)
    monkeypatch.setattr(long_columns, "STEP", 64)
    monkeypatch.setattr(item_sessions, "GROUP", 16)


@pytest.fixture
def folder(dataset: DataSet, long_logs: None, tmp_path: Path) -> Path:
    return Path(str(written(dataset, tmp_path / "long").folder))


@pytest.mark.usefixtures("long_logs")
def test_each_item_has_its_sessions_once_and_in_order(dataset: DataSet) -> None:
    pairs = [
        (item, session)
        for table in item_session_tables(dataset)
        for item, session in zip(table["item"].to_pylist(), table["session"].to_pylist(), strict=True)
    ]
    assert pairs == sorted({(item, row) for row, items in enumerate(ROWS) for item in items})


def test_a_short_log_has_no_index_and_a_long_one_has(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = len(dataset.log.items)
    for limit, is_indexed in ((events, False), (events - 1, True)):
        monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", limit)
        folder = Path(str(written(dataset, tmp_path / str(limit)).folder))
        assert (folder / ITEM_SESSIONS_FILE).is_file() == is_indexed == open_tables(folder).is_indexed


def test_the_index_gives_the_sessions_that_a_search_through_all_events_gives(
    dataset: DataSet, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_column, "EVENTS_IN_MEMORY", 10**6)
    plain = open_tables(Path(str(written(dataset, tmp_path / "plain").folder)))
    indexed = open_tables(folder)
    assert pq.ParquetFile(folder / ITEM_SESSIONS_FILE).num_row_groups > 3
    filters = [SessionFilter(item=item) for item in (*dataset.catalogue.item_ids[::3], "nothing")]
    filters += [SessionFilter(title=words) for words in (dataset.catalogue.titles[3], "1", "no such title", "%")]
    filters += [SessionFilter(item=dataset.catalogue.item_ids[2], least=5, part="test"), SessionFilter()]
    for session_filter in filters:
        for sort, first in ((LOG_ORDER, 0), (LOG_ORDER, 7), ("longest first", 1000)):
            question = (session_filter, sort, first, 4)
            assert find_sessions(indexed, *question) == find_sessions(plain, *question)
    with_item = find_sessions(indexed, SessionFilter(item=dataset.catalogue.item_ids[2]), LOG_ORDER)
    assert with_item.total == sum(2 in items for items in ROWS)
    assert count(indexed).parts == count(plain).parts


def test_a_changed_index_is_refused_and_made_again_when_changes_are_accepted(folder: Path) -> None:
    path = folder / ITEM_SESSIONS_FILE
    whole = path.read_bytes()
    pq.write_table(pq.read_table(path).slice(1), path)
    with pytest.raises(Refused, match=r"is not what the card describes"):
        read_dataset(folder, in_full=True)
    accept_changes(folder)
    assert path.read_bytes() == whole
    path.unlink()
    with pytest.raises(Refused, match=r"is not what the card describes"):
        open_tables(folder)
