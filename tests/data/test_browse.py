"""Browsing with DuckDB: planted sessions are found by each filter, in each order, and counted as by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.browse.figures import count, gini
from streamrec_core.data.browse.items import search_items
from streamrec_core.data.browse.sessions import LATEST, SORTS, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import Tables, open_tables
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.describe import describe
from streamrec_core.data.engagement import CLICK, FULL_VIEW, SAVE
from streamrec_core.data.splits import split
from streamrec_core.data.storage import CARD_FILE, EVENTS_FILE, SESSIONS_FILE
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, chain_dataset, dataset_of, log_of, written

LOG_ORDER = next(iter(SORTS))
# Items 0, 3, 6 are Crime; 1, 4, 7 Drama; 2, 5, 8 Comedy; 9 is the home page.
PLANTED = ((0, 3, 1), (1, 4, 1, 7), (9, 2, 5, 2, 2, 0), (9, 9), (6, 0))
MARKS = ((CLICK, SAVE, CLICK), (CLICK,) * 4, (CLICK, CLICK, SAVE, SAVE, CLICK, FULL_VIEW), (CLICK,) * 2, (CLICK,) * 2)


def planted() -> DataSet:
    return dataset_of(catalogue_of(9, 3, home=True), log_of(PLANTED, MARKS))


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    written(planted(), tmp_path / "set")
    return open_tables(tmp_path / "set")


def ids(tables: Tables, filters: SessionFilter, sort: str = LOG_ORDER, first: int = 0, size: int = 10) -> str:
    """The sessions found, as in "s0 s2"."""
    return " ".join(session.session_id for session in find_sessions(tables, filters, sort, first, size).sessions)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (SessionFilter(), "s0 s1 s2 s3 s4"),
        (SessionFilter(least=3), "s1 s2"),
        (SessionFilter(most=1), "s3 s4"),
        (SessionFilter(least=2, most=3), "s0 s1"),
        (SessionFilter(category="Crime"), "s0 s4"),
        (SessionFilter(category="Comedy"), "s2"),
        (SessionFilter(engagement="save"), "s0 s2"),
        (SessionFilter(engagement="share"), ""),
        (SessionFilter(item="i0"), "s0 s2 s4"),
        (SessionFilter(item="home"), "s2 s3"),
        (SessionFilter(item="nothing"), ""),
        (SessionFilter(title="tLE 7"), "s1"),
        (SessionFilter(title="title"), "s0 s1 s2 s4"),
        (SessionFilter(title="%"), ""),
        (SessionFilter(title="'; DROP TABLE sessions; --"), ""),
        (SessionFilter(category="Crime' OR 'a' = 'a"), ""),
        (SessionFilter(item="i0", category="Crime", least=2), "s0"),
    ],
)
def test_each_filter_finds_the_sessions_that_were_planted_for_it(
    tables: Tables, filters: SessionFilter, expected: str
) -> None:
    assert ids(tables, filters) == expected
    assert find_sessions(tables, filters, LOG_ORDER).total == len(expected.split())


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("in the order of the log", "s0 s1 s2 s3 s4"),
        ("longest first", "s2 s1 s0 s3 s4"),
        ("shortest first", "s3 s4 s0 s1 s2"),
        ("most categories first", "s0 s2 s1 s4 s3"),
        ("most repeats first", "s2 s1 s0 s3 s4"),
        ("most saves first", "s2 s0 s1 s3 s4"),
    ],
)
def test_equals_stand_in_the_order_of_the_log(tables: Tables, sort: str, expected: str) -> None:
    assert ids(tables, SessionFilter(), sort) == expected


def test_pages_follow_each_other_without_a_gap(tables: Tables) -> None:
    pages = [ids(tables, SessionFilter(), "longest first", first, size=2) for first in (0, 2, 4, 6)]
    assert pages == ["s2 s1", "s0 s3", "s4", "s4"]
    assert find_sessions(tables, SessionFilter(), LOG_ORDER, first=99, size=2).first == 4


def test_a_session_comes_with_its_events_and_its_target_last(tables: Tables) -> None:
    session = find_sessions(tables, SessionFilter(item="i5"), LOG_ORDER).sessions[0]
    assert tuple(event.item for event in session.events) == PLANTED[2]
    assert tuple(event.engagement for event in session.events) == MARKS[2]
    assert (session.length, session.main_category, session.repeats, session.hidden) == (5, "Comedy", 2, 0)


def test_a_session_of_neutral_items_has_no_category(tables: Tables) -> None:
    assert find_sessions(tables, SessionFilter(item="home", most=1), LOG_ORDER).sessions[0].main_category == ""


def test_of_a_long_session_the_latest_events_are_read_and_the_others_counted(tmp_path: Path) -> None:
    long = [row % 9 for row in range(LATEST + 7)]
    written(dataset_of(catalogue_of(9, 3), log_of([[0, 1], long, [2, 3]])), tmp_path / "set")
    session = find_sessions(open_tables(tmp_path / "set"), SessionFilter(least=5), LOG_ORDER).sessions[0]
    assert [event.item for event in session.events] == long[-LATEST - 1 :]
    assert session.hidden == 6


def test_the_part_of_a_session_is_that_of_the_split(tmp_path: Path) -> None:
    dataset = written(chain_dataset(), tmp_path / "set")
    tables, divided = open_tables(tmp_path / "set"), split(dataset)
    for part in ("train", "validation", "test"):
        session_ids = sorted(dataset.log.session_ids[row] for row in divided.part(part).sessions)
        page = find_sessions(tables, SessionFilter(part=part), LOG_ORDER, size=100)
        assert sorted(session.session_id for session in page.sessions) == session_ids
        assert {session.part for session in page.sessions} == {part}


def test_a_folder_of_an_earlier_form_is_browsed_all_the_same(tables: Tables, tmp_path: Path) -> None:
    whole = pq.read_table(tmp_path / "set" / SESSIONS_FILE)
    new = {session: find_sessions(tables, SessionFilter(), session) for session in SORTS}
    hashes = {name: tables.card.hashes[name] for name in ("catalogue", "events")}
    tables.card.model_copy(update={"hashes": hashes}).write(tmp_path / "set" / CARD_FILE)
    for old in (whole.select(["session_id", "length", "categories", "main_category"]), None):
        (tmp_path / "set" / SESSIONS_FILE).unlink()
        if old is not None:
            pq.write_table(old, tmp_path / "set" / SESSIONS_FILE)
        earlier = open_tables(tmp_path / "set")
        assert {session: find_sessions(earlier, SessionFilter(), session) for session in SORTS} == new


def test_a_folder_with_the_signs_of_a_pattern_in_its_name_is_read_as_it_stands(tmp_path: Path) -> None:
    written(planted(), tmp_path / "a[bc]*?" / "set")
    assert ids(open_tables(tmp_path / "a[bc]*?" / "set"), SessionFilter(least=5)) == "s2"


def test_the_database_reads_its_folder_and_nothing_else(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be browsed"), tables.ask() as cursor:
        cursor.execute("FROM read_csv($file)", {"file": str(tmp_path / "secret.csv")}).fetchall()


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    written(planted(), tmp_path / "set")
    (tmp_path / "set" / EVENTS_FILE).write_bytes(b"PAR1 this is no Parquet file PAR1")
    with pytest.raises(BadInput, match=r"events\.parquet is not readable as Parquet"):
        open_tables(tmp_path / "set")
    (tmp_path / "set" / EVENTS_FILE).unlink()
    with pytest.raises(BadInput, match=r"events\.parquet is missing"):
        open_tables(tmp_path / "set")


@pytest.mark.parametrize(
    ("filters", "sort"), [(SessionFilter(), "by colour"), (SessionFilter(engagement="adored"), LOG_ORDER)]
)
def test_an_unknown_order_or_engagement_lists_the_known_ones(tables: Tables, filters: SessionFilter, sort: str) -> None:
    with pytest.raises(BadInput, match="choose one of"):
        find_sessions(tables, filters, sort)


def test_items_are_found_by_title_or_id_the_most_met_first(tables: Tables) -> None:
    items = search_items(tables, " TITLE ")
    assert [(item.item_id, item.events) for item in items[:4]] == [("i0", 3), ("i1", 3), ("i2", 3), ("i3", 1)]
    assert len(items) == 9
    assert [item.title for item in search_items(tables, "home")] == ["Home page"]
    assert search_items(tables, "i8")[0].events == 0
    assert search_items(tables, "  ") == ()
    assert len(search_items(tables, "title", most=2)) == 2


def test_the_whole_is_counted_as_by_hand(tables: Tables) -> None:
    figures = count(tables)
    assert (figures.sessions, figures.events) == (5, 17)
    assert dict(zip(figures.lengths.tolist(), figures.length_sessions.tolist(), strict=True)) == {
        1: 2,
        2: 1,
        3: 1,
        5: 1,
    }
    assert figures.category_events == {"Crime": 5, "Comedy": 4, "Drama": 5} | figures.category_events
    assert list(figures.category_events) == ["Crime", "Drama", "Comedy"]
    assert figures.engagement_events == (10, 0, 1, 3, 0)
    assert figures.popularity.tolist() == [3, 3, 3, 1, 1, 1, 1, 1, 0]
    assert figures.unseen_items == 1
    assert figures.top_share() == pytest.approx(3 / 14)


def test_the_whole_agrees_with_the_description(tmp_path: Path) -> None:
    for number, dataset in enumerate((planted(), chain_dataset())):
        described = describe(written(dataset, tmp_path / f"set{number}"))
        figures = count(open_tables(tmp_path / f"set{number}"))
        assert figures.sparsity == pytest.approx(described.sparsity)
        assert figures.repeat_share == pytest.approx(described.repeat_share)
        shares = {
            name: events / sum(figures.category_events.values()) for name, events in figures.category_events.items()
        }
        assert shares == pytest.approx(described.category_shares)
        assert figures.engagement_events == pytest.approx(
            [share * sum(figures.engagement_events) for share in described.engagement_shares.values()]
        )
        assert described.split_parts is not None
        assert {part.name: part.sessions for part in figures.parts}.items() <= described.split_parts.items()
        assert sum(part.sessions for part in figures.parts) == sum(described.split_parts.values())


def test_a_category_narrows_sessions_to_those_mostly_of_it_and_items_to_its_own(tables: Tables) -> None:
    figures = count(tables, "Crime")
    assert (figures.sessions, figures.events) == (2, 5)
    assert figures.lengths.tolist() == [1, 2]
    assert figures.popularity.tolist() == [3, 1, 1]
    assert figures.engagement_events == (3, 0, 1, 1, 0)
    assert figures.repeat_share == 0
    assert figures.sparsity == pytest.approx(1 - 5 / 20)
    assert figures.category_events == count(tables).category_events


def test_targets_that_no_training_session_knows_are_counted(tmp_path: Path) -> None:
    dataset = chain_dataset()
    divided = split(dataset)
    tests = divided.test.sessions[:3]
    items = dataset.log.items.copy()
    items[dataset.log.offsets[tests + 1] - 1] = 10
    log = replace(dataset.log, items=items)
    written(dataset_of(catalogue_of(11, 2), log), tmp_path / "set")
    parts = {part.name: part for part in count(open_tables(tmp_path / "set")).parts}
    assert parts["test"].new_targets == pytest.approx(3 / 12)
    assert parts["train"].new_targets == 0


def test_where_every_session_is_cut_the_parts_are_its_last_events(tmp_path: Path) -> None:
    written(
        dataset_of(catalogue_of(9, 3), log_of([[0, 1], [1, 2, 3], [2, 3, 4, 5, 6]]), split="leave-last-out"),
        tmp_path / "set",
    )
    parts = [(part.name, part.sessions, part.events) for part in count(open_tables(tmp_path / "set")).parts]
    assert parts == [("train", 1, 4), ("validation", 2, 2), ("test", 3, 3)]


@pytest.mark.parametrize(
    ("counts", "expected"), [([5, 5, 5, 5], 0.0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25), ([0, 0], 0.0)]
)
def test_gini_of_counts_worked_out_by_hand(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts, np.int64)) == pytest.approx(expected)
