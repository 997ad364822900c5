"""A catalogue given at import: its order and words are kept, items that it lacks stand behind it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.data.catalogue import NEUTRAL, UNCATEGORISED
from streamrec_core.data.importers.imported import Imported, save
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.synthetic.sessions import streamrec_catalogue
from streamrec_core.errors import BadInput

CASES = Path(__file__).parent / "cases"
LOG = "session,item,genre\na,12,news\na,new,news\na,7,\nb,7,\nb,home,\nb,12,news\n"
ITEMS = "product_id;name;category;neutral\n7;Quiet & Harbour;Drama;\n12;Loud Orchard;Crime;no\nhome;Start;;yes\n"


def imported(tmp_path: Path, **settings: Any) -> Imported:
    (tmp_path / "log.csv").write_text(LOG)
    parsed = TableSettings.parse({"session_column": "session", "item_column": "item", **settings}, "test")
    return import_table(tmp_path / "log.csv", parsed)


def test_items_of_files_keep_their_order_and_words(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "more.csv").write_text("id,title\n99,Never seen\n7,Second row\n")
    files = (str(tmp_path / "items.csv"), str(tmp_path / "more.csv"))
    result = imported(tmp_path, items=files, category_column="genre")
    catalogue = result.catalogue
    assert catalogue.item_ids == ("7", "12", "home", "99", "new")
    assert catalogue.titles == ("Quiet & Harbour", "Loud Orchard", "Start", "Never seen", "new")
    assert [catalogue.category(row) for row in range(5)] == ["Drama", "Crime", NEUTRAL, UNCATEGORISED, "news"]
    assert catalogue.neutral.tolist() == [False, False, True, False, False]
    assert [catalogue.item_ids[row] for row in result.log.items] == ["12", "new", "7", "7", "home", "12"]
    assert result.report.unlisted_items == 1


def test_another_day_takes_the_catalogue_of_a_data_set(tmp_path: Path) -> None:
    columns = {"session_column": "session", "item_column": "item", "time_column": "time", "title_column": "title"}
    first = import_table(CASES / "day1.csv", TableSettings(**columns, category_column="category"))
    save(first, tmp_path / "first")
    second = import_table(CASES / "day2_same.csv", TableSettings(**columns, catalogue=str(tmp_path / "first")))
    assert second.catalogue.hash == first.catalogue.hash
    assert second.report.unlisted_items == 0


def test_the_catalogue_of_a_shipped_model_is_that_of_its_preset(tmp_path: Path) -> None:
    learned = streamrec_catalogue()
    result = imported(tmp_path, catalogue="streamrec-transformer")
    assert result.catalogue.item_ids[: len(learned)] == learned.item_ids
    assert result.report.unlisted_items == len(result.catalogue) - len(learned) == 1


def test_several_categories_an_item_are_kept_and_the_rarest_is_measured() -> None:
    columns = {"user_column": "userId", "item_column": "movieId", "time_column": "timestamp", "rating_column": "rating"}
    settings = TableSettings(**columns, category_column="genres", title_column="title")
    catalogue = import_table(CASES / "ml_merged.csv", settings).catalogue
    assert not any("|" in name for name in catalogue.categories)
    parts = [genres.split("|") for genres in catalogue.genres]
    counts = Counter(name for names in parts for name in names)
    assert any(len(names) > 1 for names in parts)
    for row, names in enumerate(parts):
        assert catalogue.category(row) == min(names, key=lambda name: (counts[name], name))


@pytest.mark.parametrize(
    ("level", "category"), [(0, "Clothes > Shirts"), (1, "Clothes"), (2, "Clothes > Shirts"), (3, "Clothes > Shirts")]
)
def test_a_path_gives_its_levels(tmp_path: Path, level: int, category: str) -> None:
    (tmp_path / "items.csv").write_text("id,category\n7,Clothes > Shirts\n12,Clothes > Hats\nnew,Clothes\nhome,Other\n")
    catalogue = imported(tmp_path, items=(str(tmp_path / "items.csv"),), category_level=level).catalogue
    assert catalogue.category(0) == category
    assert catalogue.genres[0] == "Clothes|Clothes > Shirts"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"items": ("x.csv",), "catalogue": "streamrec"}, "not from both"),
        ({"catalogue": "nowhere"}, "no data set or model 'nowhere' with a catalogue"),
    ],
)
def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        imported(tmp_path, **settings)


def test_a_file_without_ids_says_which_columns_it_has(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("label,colour\nx,red\n")
    with pytest.raises(BadInput, match=r"has no column of item ids; call it id .it has colour, label|label, colour"):
        imported(tmp_path, items=(str(tmp_path / "items.csv"),))
