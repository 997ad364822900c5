"""Data tables: long cells are cut on the page, and the download holds every text whole and no formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import streamlit as st

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


def test_a_negative_number_of_a_table_has_a_true_minus_sign_sorts_as_a_number_and_downloads_with_a_hyphen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[Any, Any]] = []
    downloads: list[Callable[[], bytes]] = []
    monkeypatch.setattr("pages.ui.data_table.st.dataframe", lambda frame, **more: drawn.append((frame, more)))
    monkeypatch.setattr(
        "pages.ui.data_table.st.download_button", lambda label, data, *rest, **more: downloads.append(data)
    )
    columns = {
        name: st.column_config.NumberColumn(format=form)
        for name, form in {"Effect": "%.3f", "Change": "percent", "Positive": "%.2f"}.items()
    }
    rows = [
        {"Effect": -0.12, "Change": -0.5, "Bare": -2.5, "Positive": 1.0, "Needed": 1429, "Head": "a-1"},
        {"Effect": 1.0, "Change": None, "Bare": 0.0, "Positive": 2.0, "Needed": None, "Head": "b"},
    ]
    data_table(rows, file="effects", column_config=columns, alt="Effects.")
    ((styler, more),) = drawn
    html = styler.to_html()
    assert all(f">{text}<" in html for text in ("−0.120", "1.000", "−50.0%", "−2.5", "0", "1429", "a-1"))
    assert styler.data["Effect"].tolist() == [-0.12, 1.0]
    kinds = {name: column["type_config"]["format"] for name, column in more["column_config"].items()}
    assert kinds == {"Effect": None, "Change": None, "Positive": "%.2f"}  # a format of the browser's would win
    assert "-0.12,-0.5,-2.5,1.0,1429.0,a-1" in downloads[0]().decode()
