"""Data tables: long cells are cut on the page, and the download holds every text whole and no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pages.ui.data_table import CELL, _cut, data_table
from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.spreadsheet import FORMULA_STARTS, spreadsheet_cell, spreadsheet_csv

LONG = "x" * 10_000


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("before", ["", " ", "\0", "\ufeff", "\u00a0 "])
def test_no_text_of_a_download_begins_as_a_formula(start: str, before: str) -> None:
    frame = pd.DataFrame({f"{start}column": [f"{before}{start}cmd|' /C calc'!A0", "tame"], "n": [-1.5, 2]})
    titles, first, _ = list(csv.reader(io.StringIO(spreadsheet_csv(frame))))
    assert titles[0].startswith("'")
    assert first == [f"'{before}{start}cmd|' /C calc'!A0".replace("\r", "\n"), "-1.5"]  # a number is no text
    assert "\r" not in spreadsheet_cell("tame\r=1\r\n=2")
    assert spreadsheet_cell("tame - and @ home") == "tame - and @ home"


def test_long_cells_are_cut_on_the_page_and_whole_in_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[pd.DataFrame] = []
    downloads: list[Callable[[], bytes]] = []

    def button(label: str, data: Callable[[], bytes], *rest: Any, **more: Any) -> None:
        downloads.append(data)

    monkeypatch.setattr("pages.ui.data_table.st.dataframe", lambda frame, **more: drawn.append(frame))
    monkeypatch.setattr("pages.ui.data_table.st.download_button", button)
    data_table([{"Title": LONG, "n": 1}, {"Title": "short", "n": 2}], file="titles", alt="Titles.")
    data_table(pd.DataFrame({"Title": [LONG]}), alt="Without a download.")
    assert [len(cell) for cell in drawn[0]["Title"]] == [CELL, 5]
    assert drawn[0]["Title"][0].endswith("…")
    assert drawn[0]["n"].tolist() == [1, 2]
    (download,) = downloads
    assert LONG in download().decode()


def test_a_long_cell_ends_with_an_ellipsis_where_its_column_is_full_and_the_download_has_it_whole() -> None:
    title = "The Snowman Who Could Sing, Episode 6: The Map"
    frame = pd.DataFrame({"Next item": [title], "Likely cause": [title], "Rank": [7]})
    cut = _cut(frame, {"Next item": 20})
    assert cut["Next item"][0] == shown_text(title, 20)
    assert len(cut["Next item"][0]) <= 20
    assert cut["Next item"][0].endswith("…")
    assert (cut["Likely cause"][0], cut["Rank"][0], frame["Next item"][0]) == (title, 7, title)
