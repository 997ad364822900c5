"""The data set folder: what is written comes back, whole or not at all, and damage is named with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.data.browse.tables import open_tables
from streamrec_core.data.catalogue import NEUTRAL, Catalogue
from streamrec_core.data.dataset import DataSet, DataSetCard
from streamrec_core.data.left_out import left_out_sessions
from streamrec_core.data.log import EventLog
from streamrec_core.data.presets import open_data
from streamrec_core.data.storage import BESIDE_THE_LOG, accept_changes, read_dataset, write_dataset
from streamrec_core.data.truth import read_truth
from streamrec_core.data.verified import events_file_hash
from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import file_hash
from tests.worlds import catalogue_of, dataset_of, even_truth, log_of


def rich_dataset() -> DataSet:
    """Every column there can be: home page, series, genres, times, users."""
    catalogue = replace(
        catalogue_of(3, 2, home=True),
        titles=("Night Shift: 1", "Night Shift: 2", "Straße – *größer*", "Home page"),
        genres=("Crime|Drama", "Crime", "", ""),
        series=np.array([0, 0, -1, -1]),
        episodes=np.array([1, 2, 0, 0]),
    )
    log = log_of([[0, 3, 1], [2, 0]], [[2, 0, 4], [1, 3]], timestamps=[[10, 20, 30], [5, 5]])
    return dataset_of(catalogue, replace(log, user_ids=("anna", "bo")), wording="ratings", filter_seen=True)


def same_log(first: EventLog, second: EventLog) -> bool:
    return first.hash() == second.hash() and first.user_ids == second.user_ids


def test_everything_that_is_written_comes_back(tmp_path: Path) -> None:
    before = rich_dataset()
    written = write_dataset(before, tmp_path / "new" / "set")
    after = read_dataset(tmp_path / "new" / "set")
    assert written.folder == after.folder == tmp_path / "new" / "set"
    assert after.card == written.card
    assert after.card.hashes.items() > before.card.hashes.items()
    assert same_log(after.log, before.log)
    assert after.catalogue.hash == before.catalogue.hash
    assert after.catalogue.genres == before.catalogue.genres
    assert after.catalogue.categories == before.catalogue.categories == ("Crime", "Drama", NEUTRAL)
    assert after.catalogue.series.tolist() == [0, 0, -1, -1]
    assert after.log.items.dtype == np.int32
    assert after.log.engagements.dtype == np.int8


def test_the_card_counts_content_categories_and_names_both_hashes() -> None:
    card = rich_dataset().card
    assert card.counts.model_dump() == {"sessions": 2, "events": 5, "items": 4, "categories": 2}
    assert card.hashes == {"catalogue": rich_dataset().catalogue.hash, "events": rich_dataset().log.hash()}


def test_other_programs_read_plain_words_in_the_files(tmp_path: Path) -> None:
    write_dataset(rich_dataset(), tmp_path / "set")
    catalogue = pq.read_table(tmp_path / "set" / "catalogue.parquet").to_pylist()
    assert catalogue[3] == {
        "item_id": "home",
        "title": "Home page",
        "category": None,
        "neutral": True,
        "genres": "",
        "series": None,
        "episode": None,
    }
    events = pq.read_table(tmp_path / "set" / "events.parquet").to_pylist()
    assert events[2] == {
        "session_id": "s0",
        "position": 2,
        "item_id": "i1",
        "engagement": "share",
        "timestamp": 30,
        "user_id": "anna",
    }


def test_the_sessions_file_sums_up_each_session_with_the_target_apart(tmp_path: Path) -> None:
    write_dataset(rich_dataset(), tmp_path / "set")
    first = pq.read_table(tmp_path / "set" / "sessions.parquet").to_pylist()[0]
    assert first["length"] == 2
    assert first["target_item_id"] == "i1"
    assert (first["click"], first["full_view"], first["share"], first["save"]) == (1, 1, 1, 0)
    assert first["categories"] == 2


def test_columns_that_a_log_does_not_know_are_not_invented(tmp_path: Path) -> None:
    write_dataset(dataset_of(catalogue_of(), log_of([[0, 1]])), tmp_path / "set")
    stored = read_dataset(tmp_path / "set")
    assert (stored.log.timestamps, stored.log.user_ids, stored.catalogue.genres) == (None, None, ())
    assert not (tmp_path / "set" / "truth.parquet").exists()


def test_an_error_on_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    dataset = dataset_of(catalogue_of(), log_of([[0, 1], [2, 3]]))
    one_session_short = even_truth(catalogue_of(), sessions=1)
    with pytest.raises((pa.ArrowInvalid, ValueError)):
        write_dataset(dataset, tmp_path / "set", one_session_short)
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_overwriting_keeps_what_was_there(tmp_path: Path) -> None:
    dataset = dataset_of(catalogue_of(), log_of([[0, 1], [2, 3]]))
    write_dataset(dataset, tmp_path / "set")
    with pytest.raises((pa.ArrowInvalid, ValueError)):
        write_dataset(dataset, tmp_path / "set", even_truth(catalogue_of(), sessions=1), overwrite=True)
    assert same_log(read_dataset(tmp_path / "set").log, dataset.log)


def test_a_folder_in_use_is_never_written_over_by_chance(tmp_path: Path) -> None:
    dataset = dataset_of(catalogue_of(), log_of([[0, 1]]))
    write_dataset(dataset, tmp_path / "set")
    with pytest.raises(BadInput, match="already holds a data set; choose another folder or overwrite it"):
        write_dataset(dataset, tmp_path / "set")
    other = dataset_of(catalogue_of(), log_of([[5, 6, 7]]))
    write_dataset(other, tmp_path / "set", overwrite=True)
    assert same_log(read_dataset(tmp_path / "set").log, other.log)


def test_a_folder_of_something_else_is_never_written_over_at_all(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-mother.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "letters", tmp_path / "file"):
        with pytest.raises(BadInput, match="exists and is not a data set; choose another folder"):
            write_dataset(dataset_of(catalogue_of(), log_of([[0, 1]])), folder, overwrite=True)
    assert (tmp_path / "letters" / "to-mother.txt").read_text() == "dear"
    (tmp_path / "empty").mkdir()
    write_dataset(dataset_of(catalogue_of(), log_of([[0, 1]])), tmp_path / "empty")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_dataset(rich_dataset(), tmp_path / "set")
    return tmp_path / "set"


@pytest.mark.parametrize("name", ["dataset.json", "catalogue.parquet", "events.parquet"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BadInput, match=f"{name} is missing; the folder is incomplete, make or import it again"):
        read_dataset(folder)


@pytest.mark.parametrize("name", ["dataset.json", "catalogue.parquet", "events.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1 torn", b"\xff\xfe{"])
def test_a_damaged_file_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(BadInput, match=name):
        read_dataset(folder)


def edit(folder: Path, file: str, column: str, values: list[Any] | None) -> None:
    """Put other values in a column of a file of the folder; None takes the column away."""
    table = pq.read_table(folder / file)
    number = table.column_names.index(column)
    table = table.remove_column(number) if values is None else table.set_column(number, column, pa.array(values))
    pq.write_table(table, folder / file)


@pytest.mark.parametrize(
    ("file", "column"),
    [("catalogue.parquet", "neutral"), ("catalogue.parquet", "title"), ("events.parquet", "engagement")],
)
def test_a_missing_column_is_named_beside_those_there_are(folder: Path, file: str, column: str) -> None:
    edit(folder, file, column, None)
    with pytest.raises(BadInput, match=rf"{file} has no column {column}; it has \w+, "):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("item_id", ["i0", "home", "lost", "i2", "i0"], r"row 2: item 'lost' is not in catalogue\.parquet"),
        ("engagement", ["click", "like", "save", "save", "save"], "row 1: engagement 'like' is not in dataset.json"),
        ("position", [0, 1, 3, 0, 1], "positions must run 0, 1, 2"),
        ("position", [1, 2, 3, 0, 1], "positions must run 0, 1, 2"),
        ("position", [1, 2, 3, 4, 5], "positions must run 0, 1, 2"),
        ("position", [0, 1, None, 0, 1], "positions must run 0, 1, 2"),
        ("session_id", ["s0", "s0", "s1", "s1", "s1"], "positions must run 0, 1, 2"),
    ],
)
def test_an_event_that_cannot_be_is_named_with_its_row(
    folder: Path, column: str, values: list[Any], message: str
) -> None:
    edit(folder, "events.parquet", column, values)
    with pytest.raises(BadInput, match=message):
        read_dataset(folder)


def test_a_number_as_item_id_is_the_same_id(folder: Path) -> None:
    edit(folder, "catalogue.parquet", "item_id", [1, 2, 3, 4])
    edit(folder, "events.parquet", "item_id", ["1", "4", "2", "3", "1"])
    assert accept_changes(folder).log.items.tolist() == read_dataset(folder).log.items.tolist() == [0, 3, 1, 2, 0]


@pytest.mark.parametrize("column", ["session_id", "item_id", "engagement"])
def test_rewritten_events_under_an_unchanged_card_are_refused_with_both_hashes(folder: Path, column: str) -> None:
    before = read_dataset(folder).card.hashes["events"]
    values = pq.read_table(folder / "events.parquet")[column].to_pylist()
    changed = {"session_id": ["x" if value == values[0] else value for value in values]}
    edit(folder, "events.parquet", column, changed.get(column, values[::-1]))
    with pytest.raises(Refused, match=r"events\.parquet is not what the card describes") as caught:
        read_dataset(folder)
    assert before[:12] in str(caught.value)
    accepted = accept_changes(folder)
    assert accepted.card.hashes["events"][:12] in str(caught.value)
    assert read_dataset(folder).card == accepted.card


@pytest.mark.parametrize("column", ["session_id", "item_id", "engagement"])
def test_browsing_refuses_rewritten_events_as_reading_does(folder: Path, column: str) -> None:
    open_tables(folder)
    values = pq.read_table(folder / "events.parquet")[column].to_pylist()
    changed = {"session_id": ["x" if value == values[0] else value for value in values]}
    edit(folder, "events.parquet", column, changed.get(column, values[::-1]))
    for opened in (open_tables, read_dataset):
        with pytest.raises(Refused, match=r"events\.parquet is not what the card describes") as caught:
            opened(folder)
        assert DataSetCard.read(folder / "dataset.json").hashes["events"][:12] in str(caught.value)
    accepted = accept_changes(folder)
    assert accepted.card.hashes["events"][:12] in str(caught.value)
    assert open_tables(folder).card == accepted.card


def test_browsing_refuses_a_rewritten_catalogue(folder: Path) -> None:
    edit(folder, "catalogue.parquet", "category", ["Crime", "Space", "Drama", None])
    with pytest.raises(Refused, match=r"catalogue\.parquet is not what the card describes"):
        open_tables(folder)


@pytest.fixture
def full_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that a data set can have; its log is long, so that it has an index."""
    monkeypatch.setattr("streamrec_core.data.log_column.EVENTS_IN_MEMORY", 3)
    dataset = dataset_of(catalogue_of(), log_of([[0, 1], [2, 3]]))
    listed = left_out_sessions({"it has one event": ["anna", "ben"]})
    dataset = replace(dataset, log=replace(dataset.log, left_out=listed))
    write_dataset(dataset, tmp_path / "set", even_truth(catalogue_of(), sessions=2))
    return tmp_path / "set"


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


@pytest.mark.parametrize("name", ["truth.parquet", "truth_items.parquet"])
def test_a_damaged_truth_is_named(full_folder: Path, name: str) -> None:
    (full_folder / name).write_bytes(b"PAR1 torn")
    with pytest.raises(BadInput, match=r"truth\.parquet is not readable"):
        read_truth(full_folder, catalogue_of())


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


def test_hashes_are_recomputed_in_full_on_request(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_dataset(folder)
    monkeypatch.setattr("streamrec_core.data.storage.events_hash", lambda *_: "another")
    read_dataset(folder)
    with pytest.raises(Refused, match="file another"):
        read_dataset(folder, in_full=True)
    with pytest.raises(Refused, match="file another"):
        open_data(folder, in_full=True)


def test_a_file_put_back_as_it_was_is_opened_again(folder: Path) -> None:
    read_dataset(folder)
    content = (folder / "events.parquet").read_bytes()
    (folder / "events.parquet").write_bytes(content)  # another time of change, the same content
    read_dataset(folder)


def test_an_item_without_category_must_be_neutral(folder: Path) -> None:
    edit(folder, "catalogue.parquet", "category", ["Crime", None, "Drama", None])
    with pytest.raises(BadInput, match=r"catalogue\.parquet, row 1: no category; give one or mark the item neutral"):
        read_dataset(folder)


def test_a_category_added_by_hand_is_taken_in(folder: Path) -> None:
    edit(folder, "catalogue.parquet", "category", ["Crime", "Space", "Drama", None])
    with pytest.raises(Refused, match=r"catalogue\.parquet is not what the card describes .*streamrec data accept"):
        read_dataset(folder)
    accept_changes(folder)
    stored = read_dataset(folder).catalogue
    assert [stored.category(row) for row in range(4)] == ["Crime", "Space", "Drama", NEUTRAL]
    assert stored.categories[-1] == NEUTRAL


def test_an_unknown_key_in_the_card_is_refused_by_name(folder: Path) -> None:
    card = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**card, "tranepositions": "last"}))
    with pytest.raises(BadInput, match=r"dataset\.json: tranepositions: Extra inputs are not permitted"):
        read_dataset(folder)


words = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=8)


@st.composite
def datasets(draw: st.DrawFn) -> DataSet:
    ids = draw(st.lists(words, min_size=1, max_size=8, unique=True))
    names = draw(st.lists(words.filter(lambda name: name != NEUTRAL), min_size=1, max_size=4, unique=True))
    one_of = st.integers(0, len(ids) - 1)
    sessions = draw(st.lists(st.lists(one_of, min_size=1, max_size=5), min_size=1, max_size=6))
    marks = [draw(st.lists(st.integers(0, 4), min_size=len(session), max_size=len(session))) for session in sessions]
    catalogue = Catalogue(
        item_ids=tuple(ids),
        titles=tuple(draw(st.lists(st.text(max_size=8), min_size=len(ids), max_size=len(ids)))),
        category_of=np.array([draw(st.integers(0, len(names) - 1)) for _ in ids]),
        categories=tuple(names),
        neutral=np.zeros(len(ids), bool),
    )
    return dataset_of(catalogue, log_of(sessions, marks))


@settings(max_examples=40)
@given(datasets())
def test_any_titles_ids_and_lengths_come_back(tmp_path_factory: pytest.TempPathFactory, dataset: DataSet) -> None:
    folder = tmp_path_factory.mktemp("any") / "set"
    write_dataset(dataset, folder)
    stored = read_dataset(folder)
    assert same_log(stored.log, dataset.log)
    assert stored.catalogue.hash == dataset.catalogue.hash
    assert stored.catalogue.categories == dataset.catalogue.categories
