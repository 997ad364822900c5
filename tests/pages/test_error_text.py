"""A page words an error with its own controls, and shows no folder of the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.dataset.controls import LABELS
from pages.ui.error_text import controls_note, error_phrase, error_text, sentence
from streamrec_core.data.importers.preview import preview_file
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

COLUMNS = {"item_column": "item", "session_column": "sid"}


@pytest.mark.parametrize(
    ("raw", "changes", "text"),
    [
        (b"sid,item\na,x\n\xe9,y\n", {}, "log.csv, line 3: byte 0xe9 at 13 is not utf-8; "),
        (b"sid,what\na,x\n", {}, "log.csv has no column 'item' for the item; it has sid, what (“Item”)"),
        (b"sid,item\na,x\n", {"encoding": "klingon"}, "Unknown encoding 'klingon'; "),
        (b"sid,item\na,x\n", {"session_column": ""}, "name the column of one of them (“Session”, “User”)"),
    ],
)
def test_an_import_names_the_controls_of_its_form(
    tmp_path: Path, raw: bytes, changes: dict[str, str], text: str
) -> None:
    (tmp_path / "log.csv").write_bytes(raw)
    with pytest.raises(BadInput) as caught:
        import_table(tmp_path / "log.csv", TableSettings.parse(COLUMNS | changes, "columns"))
    words = error_text(caught.value, LABELS)
    assert text in words
    assert str(tmp_path) not in words
    if "encoding" in caught.value.fields:
        assert words.endswith("(“Encoding”)")


def test_a_preview_names_the_uploaded_file_and_the_control(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("one column\n")
    with pytest.raises(BadInput) as caught:
        preview_file(tmp_path / "log.csv")
    assert error_text(caught.value, LABELS) == (
        "File log.csv, line 1: none of tab ; , | divides 'one column' into columns; name the delimiter (“Delimiter”)"
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("there is no session 9", "There is no session 9"),
        ("log.csv, line 3: no item", "File log.csv, line 3: no item"),
        ("logs/day1.csv.gz: a fault", "File logs/day1.csv.gz: a fault"),
        ("'mine' is taken", "'mine' is taken"),
        ("2 data sets are being made", "2 data sets are being made"),
        ("item_column is missing", "item_column is missing"),
        ("", ""),
    ],
)
def test_a_message_alone_begins_with_a_capital_letter_and_no_name_is_changed(message: str, shown: str) -> None:
    assert sentence(message) == shown
    assert sentence(shown) == shown


def test_a_setting_without_a_control_is_not_named() -> None:
    assert controls_note(["out", "overwrite"], LABELS) == ""
    assert error_text(BadInput("choose another name", fields=["name", "out"]), LABELS).endswith("(“Data set name”)")


def test_a_path_below_the_workspace_is_shown_from_there_and_any_other_by_its_end(
    workspace: Path, tmp_path: Path
) -> None:
    inside = BadInput("is missing", path=workspace / "data" / "mine" / "events.parquet")
    assert error_text(inside) == "File data/mine/events.parquet is missing"
    assert error_text(BadInput("is missing", path=tmp_path.parent / "secret" / "log.csv")) == "File log.csv is missing"


def test_a_message_inside_a_sentence_is_not_changed() -> None:
    assert error_phrase(BadInput("there is no session 9")) == "there is no session 9"
