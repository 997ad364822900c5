"""Hashes of a data set folder: a changed file is refused with both hashes, until its changes are accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.browse.tables import open_tables
from streamrec_core.data.catalogue import NEUTRAL
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.data.presets import open_data
from streamrec_core.data.storage import BESIDE_THE_LOG, accept_changes, read_dataset, write_dataset
from streamrec_core.data.verified import events_file_hash
from streamrec_core.errors import Refused
from streamrec_core.files import file_hash
from tests.data.dataset_folders import edit
from tests.worlds import catalogue_of, dataset_of, log_of


def test_a_number_as_item_id_is_the_same_id(rich_folder: Path) -> None:
    edit(rich_folder, "catalogue.parquet", "item_id", [1, 2, 3, 4])
    edit(rich_folder, "events.parquet", "item_id", ["1", "4", "2", "3", "1"])
    assert (
        accept_changes(rich_folder).log.items.tolist()
        == read_dataset(rich_folder).log.items.tolist()
        == [0, 3, 1, 2, 0]
    )


@pytest.mark.parametrize("column", ["session_id", "item_id", "engagement"])
def test_rewritten_events_under_an_unchanged_card_are_refused_with_both_hashes(rich_folder: Path, column: str) -> None:
    before = read_dataset(rich_folder).card.hashes["events"]
    values = pq.read_table(rich_folder / "events.parquet")[column].to_pylist()
    changed = {"session_id": ["x" if value == values[0] else value for value in values]}
    edit(rich_folder, "events.parquet", column, changed.get(column, values[::-1]))
    with pytest.raises(Refused, match=r"events\.parquet is not what the card describes") as caught:
        read_dataset(rich_folder)
    assert before[:12] in str(caught.value)
    accepted = accept_changes(rich_folder)
    assert accepted.card.hashes["events"][:12] in str(caught.value)
    assert read_dataset(rich_folder).card == accepted.card


@pytest.mark.parametrize("column", ["session_id", "item_id", "engagement"])
def test_browsing_refuses_rewritten_events_as_reading_does(rich_folder: Path, column: str) -> None:
    open_tables(rich_folder)
    values = pq.read_table(rich_folder / "events.parquet")[column].to_pylist()
    changed = {"session_id": ["x" if value == values[0] else value for value in values]}
    edit(rich_folder, "events.parquet", column, changed.get(column, values[::-1]))
    for opened in (open_tables, read_dataset):
        with pytest.raises(Refused, match=r"events\.parquet is not what the card describes") as caught:
            opened(rich_folder)
        assert DataSetCard.read(rich_folder / "dataset.json").hashes["events"][:12] in str(caught.value)
    accepted = accept_changes(rich_folder)
    assert accepted.card.hashes["events"][:12] in str(caught.value)
    assert open_tables(rich_folder).card == accepted.card


def test_browsing_refuses_a_rewritten_catalogue(rich_folder: Path) -> None:
    edit(rich_folder, "catalogue.parquet", "category", ["Crime", "Space", "Drama", None])
    with pytest.raises(Refused, match=r"catalogue\.parquet is not what the card describes"):
        open_tables(rich_folder)


def test_a_category_added_by_hand_is_taken_in(rich_folder: Path) -> None:
    edit(rich_folder, "catalogue.parquet", "category", ["Crime", "Space", "Drama", None])
    with pytest.raises(Refused, match=r"catalogue\.parquet is not what the card describes .*streamrec data accept"):
        read_dataset(rich_folder)
    accept_changes(rich_folder)
    stored = read_dataset(rich_folder).catalogue
    assert [stored.category(row) for row in range(4)] == ["Crime", "Space", "Drama", NEUTRAL]
    assert stored.categories[-1] == NEUTRAL


def altered(path: Path) -> None:
    """Another number or word in the last column, as a program would write it."""
    table = pq.read_table(path)
    name, values = table.column_names[-1], table.column(-1).to_pylist()
    other = f"{values[0]}x" if isinstance(values[0], str) else None
    changed = pa.array([other, *values[1:]], table.schema.field(name).type)
    pq.write_table(table.set_column(table.num_columns - 1, name, changed), path)


def test_the_card_has_a_hash_of_every_other_file(full_folder: Path) -> None:
    files = {path.name for path in full_folder.iterdir()} - {"dataset.json"}
    assert {name.removesuffix(".parquet") for name in DataSetCard.read(full_folder / "dataset.json").hashes} == {
        name.removesuffix(".parquet") for name in files
    }
    assert files == {"catalogue.parquet", "events.parquet", *BESIDE_THE_LOG}


@pytest.mark.parametrize("opened", [open_tables, read_dataset])
@pytest.mark.parametrize("name", BESIDE_THE_LOG)
def test_every_altered_file_is_refused_with_both_hashes_until_it_is_accepted(
    full_folder: Path, name: str, opened: Callable[[Path], Any]
) -> None:
    before = opened(full_folder).card.hashes[name]
    altered(full_folder / name)
    after = file_hash(full_folder / name)
    with pytest.raises(Refused, match=rf"{name} is not what the card describes .*streamrec data accept") as caught:
        opened(full_folder)
    assert f"(dataset.json {before[:12]}, file {after[:12]})" in str(caught.value)
    accepted = accept_changes(full_folder)
    # the sessions table and the index follow from the events, so that accepting makes them anew
    assert accepted.card.hashes[name] == (before if name in BESIDE_THE_LOG[:2] else after)
    assert opened(full_folder).card == accepted.card


@pytest.mark.parametrize("name", BESIDE_THE_LOG[2:])
def test_a_file_that_was_removed_or_put_there_is_refused(full_folder: Path, tmp_path: Path, name: str) -> None:
    path = full_folder / name
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(Refused, match=f"{name} is not what .*file missing"):
        read_dataset(full_folder)
    assert name not in accept_changes(full_folder).card.hashes
    path.write_bytes(content)
    with pytest.raises(Refused, match=rf"{name} is not what .*dataset\.json none"):
        read_dataset(full_folder)


def test_a_folder_without_its_sessions_table_makes_it_from_the_events(full_folder: Path) -> None:
    (full_folder / "sessions.parquet").unlink()
    with open_tables(full_folder).ask() as cursor:
        assert cursor.execute("SELECT count(*) FROM sessions").fetchall() == [(2,)]


def test_a_folder_of_before_the_hashes_of_all_files_opens(full_folder: Path) -> None:
    card = DataSetCard.read(full_folder / "dataset.json")
    hashes = {name: digest for name, digest in card.hashes.items() if name not in BESIDE_THE_LOG}
    card.model_copy(update={"hashes": hashes}).write(full_folder / "dataset.json")
    assert read_dataset(full_folder).card.hashes == open_tables(full_folder).card.hashes == hashes
    altered(full_folder / "left_out.parquet")
    assert read_dataset(full_folder).log.left_out is not None


@pytest.mark.parametrize("group", [1, 2, 3, 1000])
@pytest.mark.parametrize("timed", [False, True])
def test_the_hash_of_the_file_is_that_of_the_log_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int, timed: bool
) -> None:
    log = log_of(((0, 1, 2), (2,), (1, 1), (0, 2)), ((0, 1, 2), (0,), (4, 3), (1, 0)))
    log = replace(log, session_ids=("a", "b", "c", "ä"), timestamps=np.arange(8) if timed else None)
    stored = write_dataset(dataset_of(catalogue_of(3, 2), log), tmp_path / "set")
    monkeypatch.setattr("streamrec_core.data.verified.GROUP", group)
    path = tmp_path / "set" / "events.parquet"
    assert events_file_hash(path, stored.catalogue, stored.card) == stored.card.hashes["events"] == log.hash()


def test_hashes_are_recomputed_in_full_on_request(rich_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_dataset(rich_folder)
    monkeypatch.setattr("streamrec_core.data.storage.events_hash", lambda *_: "another")
    read_dataset(rich_folder)
    with pytest.raises(Refused, match="file another"):
        read_dataset(rich_folder, in_full=True)
    with pytest.raises(Refused, match="file another"):
        open_data(rich_folder, in_full=True)


def test_a_file_put_back_as_it_was_is_opened_again(rich_folder: Path) -> None:
    read_dataset(rich_folder)
    content = (rich_folder / "events.parquet").read_bytes()
    (rich_folder / "events.parquet").write_bytes(content)  # another time of change, the same content
    read_dataset(rich_folder)
