"""MovieLens: three formats give one data set, ties keep file order, and every fault is named by file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.events import levels, stars_of
from streamrec_core.data.importers.genres import rarest
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.movielens import GENRES_100K, import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.splits import split
from streamrec_core.data.storage import read_dataset
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput, Refused
from tests.data import import_files as files

ALL = RatingSettings(min_item_ratings=1)


def sessions(imported: Imported) -> dict[str, list[tuple[str, int]]]:
    """Session id -> (item id, engagement code) in order."""
    log, ids = imported.log, imported.catalogue.item_ids
    log_sessions = (log.session(row) for row in range(len(log)))
    return {
        session.session_id: [
            (ids[item], int(code)) for item, code in zip(session.items, session.engagements, strict=True)
        ]
        for session in log_sessions
    }


@pytest.mark.parametrize(
    ("write", "read"),
    [
        (files.movielens_100k, import_movielens),
        (files.movielens_1m, import_movielens),
        (files.movielens_20m, import_movielens),
        (files.atomic, import_atomic),
    ],
)
def test_every_format_gives_the_same_data_set(
    write: Callable[[Path], Path], read: Callable[..., Imported], tmp_path: Path
) -> None:
    imported = read(write(tmp_path / "tiny"), ALL)
    assert sessions(imported) == {"1": [("30", 3), ("40", 2), ("10", 4), ("20", 0)], "2": [("20", 2), ("10", 1)]}
    catalogue = imported.catalogue
    assert catalogue.item_ids == ("10", "20", "30", "40")
    assert catalogue.titles == tuple(title for title, _ in files.ITEMS.values())
    assert [catalogue.category(row) for row in range(4)] == ["Animation", "Crime", "Action", "(no genres listed)"]
    assert catalogue.genres[0] == "Animation|Children's|Comedy"
    assert imported.log.timestamps is not None
    assert imported.log.timestamps[:4].tolist() == [978300090, 978300095, 978300100, 978300100]
    assert imported.log.user_ids == ("1", "2")
    assert imported.report.single_event_sessions == 1
    assert imported.name == "tiny"


def test_the_card_says_how_ratings_are_treated(tmp_path: Path) -> None:
    imported = import_movielens(files.movielens_1m(tmp_path / "ml"), ALL)
    card = save(imported, tmp_path / "out").card
    assert (card.kind, card.wording, card.split) == ("ratings", "ratings", "leave-last-out")
    assert card.filter_seen
    assert card.train_positions == "all"
    assert "must not be redistributed" in card.licence


def test_what_is_written_is_what_was_imported(tmp_path: Path) -> None:
    imported = import_movielens(files.movielens_20m(tmp_path / "ml"), ALL)
    save(imported, tmp_path / "out")
    back = read_dataset(tmp_path / "out")
    assert back.log.hash() == imported.log.hash() == back.card.hashes["events"]
    assert back.catalogue.hash == imported.catalogue.hash
    assert len(split(back).test) == 2


def test_the_folder_may_lie_one_level_down(tmp_path: Path) -> None:
    files.movielens_1m(tmp_path / "download" / "ml-1m")
    assert len(import_movielens(tmp_path / "download", ALL).log) == 2


def test_only_the_last_events_before_the_target_stay(tmp_path: Path) -> None:
    imported = import_movielens(files.movielens_1m(tmp_path), RatingSettings(min_item_ratings=1, max_events=2))
    assert sessions(imported)["1"] == [("40", 2), ("10", 4), ("20", 0)]
    assert imported.report.earlier_events == 1
    assert imported.catalogue.item_ids == ("10", "20", "30", "40")


def test_items_with_few_ratings_are_left_out(tmp_path: Path) -> None:
    imported = import_movielens(files.movielens_1m(tmp_path), RatingSettings(min_item_ratings=2))
    assert imported.catalogue.item_ids == ("10", "20")
    assert sessions(imported)["1"] == [("10", 4), ("20", 0)]
    assert imported.report.rare_item_events == 2


def test_half_stars_round_up() -> None:
    stars, within = stars_of(StringColumn(("0.5", "1", "1.5", "3.5", "4.5", "5.0", "0", "5.5", "x", "-1", "1e0")))
    assert within.tolist() == [True] * 6 + [False] * 5
    assert levels(stars[:6]).tolist() == [0, 0, 1, 3, 4, 4]


def test_the_rarest_genre_is_counted_over_the_catalogue() -> None:
    assert rarest([("A", "B"), ("A",), ("B", "A"), ("C", "A"), ()]) == ("B", "A", "B", "C", "(no genres listed)")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no MovieLens files; one of these pairs is needed: u\.data and u\.item"):
        import_movielens(tmp_path, ALL)
    (files.movielens_1m(tmp_path) / "movies.dat").unlink()
    with pytest.raises(BadInput, match=r"movies\.dat is missing; MovieLens-1M needs it beside ratings\.dat"):
        import_movielens(tmp_path, ALL)
    with pytest.raises(BadInput, match="is not a folder; unzip it first"):
        import_movielens(tmp_path / "ml-1m.zip", ALL)


def test_two_data_sets_side_by_side_are_not_mixed_up(tmp_path: Path) -> None:
    files.movielens_1m(tmp_path / "a")
    files.movielens_20m(tmp_path / "b")
    with pytest.raises(BadInput, match="more than one MovieLens data set"):
        import_movielens(tmp_path, ALL)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1::10::5", "number of fields is 3, expected 4"),
        ("::10::5::978300000", "no user"),
        ("1::::5::978300000", "no item"),
        ("1::99::5::978300000", r"item '99' is not in movies\.dat"),
        ("1::10::9::978300000", "rating '9' is not a number between 0.5 and 5"),
        ("1::10::five::978300000", "rating 'five' is not a number"),
        ("1::10::5::noon", "time 'noon' is in no form that is recognised"),
    ],
)
def test_a_faulty_row_is_named_and_left_out_only_on_demand(row: str, fault: str, tmp_path: Path) -> None:
    folder = files.movielens_1m(tmp_path)
    whole = import_movielens(folder, ALL)
    good = files.lines(files.RATINGS, "::").splitlines()
    (folder / "ratings.dat").write_text("\n".join([*good[:2], row, *good[2:], "1::2"]), encoding="utf-8")
    with pytest.raises(BadInput, match=rf"ratings\.dat, line 3: {fault}.*; fix the 2 rows, or skip them"):
        import_movielens(folder, ALL)
    imported = import_movielens(folder, RatingSettings(min_item_ratings=1, skip_bad_rows=True))
    assert imported.log.hash() == whole.log.hash()
    assert imported.report.bad_rows == imported.card["skipped_rows"] == 2
    assert imported.report.bad_row_notes[1].endswith("line 9: number of fields is 2, expected 4")
    assert imported.report.rows == 9


def test_an_item_that_stands_twice_in_the_catalogue_is_a_fault(tmp_path: Path) -> None:
    folder = files.movielens_1m(tmp_path)
    with (folder / "movies.dat").open("a", encoding="latin-1") as handle:
        handle.write("10::Again (1999)::Drama\n")
    with pytest.raises(BadInput, match=r"movies\.dat, line 5: item '10' stands twice"):
        import_movielens(folder, ALL)
    skipped = import_movielens(folder, RatingSettings(min_item_ratings=1, skip_bad_rows=True))
    assert skipped.catalogue.titles[0] == "Paper Boats (1995)"


def test_genre_flags_are_0_or_1(tmp_path: Path) -> None:
    folder = files.movielens_100k(tmp_path)
    text = (folder / "u.item").read_text(encoding="latin-1")
    (folder / "u.item").write_text(text.replace("|1|", "|7|", 1), encoding="latin-1")
    with pytest.raises(BadInput, match=r"u\.item, line 1: flag '7' of genre Animation is neither 0 nor 1"):
        import_movielens(folder, ALL)


def test_genre_names_come_from_u_genre_where_it_is(tmp_path: Path) -> None:
    folder = files.movielens_100k(tmp_path)
    names = [f"{name}2|{number}" for number, name in enumerate(GENRES_100K)]
    (folder / "u.genre").write_text("\n".join(names) + "\n\n", encoding="utf-8")
    assert import_movielens(folder, ALL).catalogue.genres[1] == "Crime2|Thriller2"


def test_a_wrong_encoding_names_the_line_and_the_way_out(tmp_path: Path) -> None:
    folder = files.movielens_20m(tmp_path)
    text = (folder / "movies.csv").read_text(encoding="utf-8")
    (folder / "movies.csv").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match=r"movies\.csv, line 3: byte 0xc9 .* for example latin-1"):
        import_movielens(folder, ALL)
    again = import_movielens(folder, RatingSettings(min_item_ratings=1, encoding="latin-1"))
    assert again.catalogue.titles[1] == "Évreux, The (1994)"


def test_an_empty_file_and_too_high_a_bar_stop(tmp_path: Path) -> None:
    folder = files.movielens_1m(tmp_path)
    with pytest.raises(BadInput, match="no item has 9 ratings; choose a smaller least number"):
        import_movielens(folder, RatingSettings(min_item_ratings=9))
    (folder / "ratings.dat").write_text("\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"ratings\.dat is empty"):
        import_movielens(folder, ALL)


def test_read_only_refuses_in_the_action_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
        save(import_movielens(files.movielens_1m(tmp_path / "ml"), ALL), tmp_path / "out")
    assert not (tmp_path / "out").exists()
