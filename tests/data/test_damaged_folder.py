"""Damage of a data set folder: the file, column, row or key is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamrec_core.data.storage import read_dataset
from streamrec_core.data.truth import read_truth
from streamrec_core.errors import BadInput
from tests.data.dataset_folders import edit
from tests.worlds import catalogue_of


@pytest.mark.parametrize("name", ["dataset.json", "catalogue.parquet", "events.parquet"])
def test_a_missing_file_is_named(rich_folder: Path, name: str) -> None:
    (rich_folder / name).unlink()
    with pytest.raises(BadInput, match=f"{name} is missing; the folder is incomplete, make or import it again"):
        read_dataset(rich_folder)


@pytest.mark.parametrize("name", ["dataset.json", "catalogue.parquet", "events.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1 torn", b"\xff\xfe{"])
def test_a_damaged_file_is_named(rich_folder: Path, name: str, content: bytes) -> None:
    (rich_folder / name).write_bytes(content)
    with pytest.raises(BadInput, match=name):
        read_dataset(rich_folder)


@pytest.mark.parametrize(
    ("file", "column"),
    [("catalogue.parquet", "neutral"), ("catalogue.parquet", "title"), ("events.parquet", "engagement")],
)
def test_a_missing_column_is_named_beside_those_there_are(rich_folder: Path, file: str, column: str) -> None:
    edit(rich_folder, file, column, None)
    with pytest.raises(BadInput, match=rf"{file} has no column {column}; it has \w+, "):
        read_dataset(rich_folder)


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
    rich_folder: Path, column: str, values: list[Any], message: str
) -> None:
    edit(rich_folder, "events.parquet", column, values)
    with pytest.raises(BadInput, match=message):
        read_dataset(rich_folder)


def test_an_item_without_category_must_be_neutral(rich_folder: Path) -> None:
    edit(rich_folder, "catalogue.parquet", "category", ["Crime", None, "Drama", None])
    with pytest.raises(BadInput, match=r"catalogue\.parquet, row 1: no category; give one or mark the item neutral"):
        read_dataset(rich_folder)


def test_an_unknown_key_in_the_card_is_refused_by_name(rich_folder: Path) -> None:
    card = json.loads((rich_folder / "dataset.json").read_text())
    (rich_folder / "dataset.json").write_text(json.dumps({**card, "tranepositions": "last"}))
    with pytest.raises(BadInput, match=r"dataset\.json: tranepositions: Extra inputs are not permitted"):
        read_dataset(rich_folder)


@pytest.mark.parametrize("name", ["truth.parquet", "truth_items.parquet"])
def test_a_damaged_truth_is_named(full_folder: Path, name: str) -> None:
    (full_folder / name).write_bytes(b"PAR1 torn")
    with pytest.raises(BadInput, match=r"truth\.parquet is not readable"):
        read_truth(full_folder, catalogue_of())
