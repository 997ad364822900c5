"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters of a cell that a spreadsheet would run as a formula, also in their full-width forms."""


def spreadsheet_cell(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Spreadsheets skip leading spaces and control characters, so that the first character after them counts.

    Examples
    --------
    >>> spreadsheet_cell("=HYPERLINK(1)"), spreadsheet_cell("Night Shift")
    ("'=HYPERLINK(1)", 'Night Shift')
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # unquoted, a carriage return would begin another row
    first = text.lstrip(" \0\v\f\u00a0\ufeff")
    return f"'{text}" if first.startswith(FORMULA_STARTS) else text


def spreadsheet_csv(frame: pd.DataFrame) -> str:
    """A table as CSV, its texts and titles as `spreadsheet_cell` writes them; numbers stay as they are."""

    def cell(value: object) -> object:
        return spreadsheet_cell(value) if isinstance(value, str) else value

    return frame.map(cell).rename(columns=cell).to_csv(index=False)
