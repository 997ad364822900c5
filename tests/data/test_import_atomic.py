"""RecBole atomic files: columns by their usual names, exact time stamps, ratings or sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.data.importers.atomic import import_atomic
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.errors import BadInput
from tests.data import import_files as files

ALL = RatingSettings(min_item_ratings=1)


def test_times_that_float32_would_tie_keep_their_order(tmp_path: Path) -> None:
    late = [(1, 10, 5, "881250951.0"), (1, 20, 5, "881250949"), (1, 30, 5, "881250950.00")]
    log = import_atomic(files.atomic(tmp_path, late), ALL).log
    assert log.items.tolist() == [1, 2, 0]
    assert log.timestamps is not None
    assert log.timestamps.tolist() == [881250949, 881250950, 881250951]


def test_without_ratings_it_is_a_log_of_sessions(tmp_path: Path) -> None:
    (tmp_path / "shop.inter").write_text(
        "session_id:token\titem_id:token\ttimestamp:float\ns1\ta\t2\ns1\tb\t1\ns2\ta\t5\ns2\ta\t6\n", encoding="utf-8"
    )
    (tmp_path / "shop.item").write_text(
        "item_id:token\tname:token_seq\tcategory:token\na\tOld Lamp\tHome Light\nb\tKettle\tKitchen\n", encoding="utf-8"
    )
    imported = import_atomic(tmp_path, ALL.model_copy(update={"any_year": True}))
    assert imported.log.session_ids == ("s1", "s2")
    assert imported.log.items.tolist() == [1, 0, 0, 0]
    assert imported.log.engagements.tolist() == [0, 0, 0, 0]
    assert imported.catalogue.titles == ("Old Lamp", "Kettle")
    assert imported.catalogue.categories == ("Home Light", "Kitchen")
    assert (imported.card["kind"], imported.card["split"], imported.card["filter_seen"]) == ("log", "session", False)
    assert "GroupLens" not in imported.card["licence"]


def test_genres_are_divided_as_the_column_divides_them(tmp_path: Path) -> None:
    folder = files.atomic(tmp_path)
    rows = ["10\tA\t1\t'Board Games', 'Toys'", "20\tB\t1\tToys", "30\tC\t1\t", "40\tD\t1\tToys"]
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tcategories:token_seq"
    (folder / "tiny.item").write_text("\n".join([header, *rows]), encoding="utf-8")
    catalogue = import_atomic(folder, ALL).catalogue
    assert catalogue.genres == ("Board Games|Toys", "Toys", "(no genres listed)", "Toys")
    assert catalogue.category(0) == "Board Games"


def test_windows_line_ends_are_no_part_of_the_last_column(tmp_path: Path) -> None:
    folder = files.atomic(tmp_path)
    before = import_atomic(folder, ALL)
    for name in ("tiny.inter", "tiny.item"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode())
    after = import_atomic(folder, ALL)
    assert after.log.hash() == before.log.hash()
    assert after.catalogue.hash == before.catalogue.hash


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no \.inter file"):
        import_atomic(tmp_path, ALL)
    (files.atomic(tmp_path) / "tiny.item").rename(tmp_path / "kept")
    with pytest.raises(BadInput, match=r"tiny\.item is missing"):
        import_atomic(tmp_path, ALL)
    (tmp_path / "tiny.item").write_text("id:token\ttitle:token\n1\tx\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"tiny\.item has no column item_id; it has id:token, title:token"):
        import_atomic(tmp_path, ALL)
    (tmp_path / "kept").rename(tmp_path / "tiny.item")
    (tmp_path / "tiny.inter").write_text("item_id:token\ttimestamp:float\n10\t1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="has no column user_id or session_id"):
        import_atomic(tmp_path, ALL)
