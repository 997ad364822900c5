"""Writing and reading the data set folder: what is written comes back, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.data.catalogue import NEUTRAL, Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import EventLog
from streamrec_core.data.storage import read_dataset, write_dataset
from streamrec_core.errors import BadInput
from tests.data.dataset_folders import rich_dataset
from tests.worlds import catalogue_of, dataset_of, even_truth, log_of


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
