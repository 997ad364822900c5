"""The ways to draw a data table, with a download whose texts no spreadsheet runs as formulas.

`data_table` is for many rows: it scrolls, sorts and selects, and cuts long cells. `short_table` is for few rows: its
cells wrap.

Streamlit's own download is switched off (`client.disableDataExport`), since it writes cells as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from pages.ui.escape import plain
from streamrec_core.data.shown_number import shown_number
from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.spreadsheet import spreadsheet_csv

CELL = 300
"""Characters of a cell that are drawn; the download has them all."""


def data_table(
    rows: pd.DataFrame | Sequence[Mapping[str, object]],
    file: str = "",
    longest: Mapping[str, int] = MappingProxyType({}),
    **more: Any,
) -> Any:
    """Draw a table and, where it has a file name, a button below it that downloads it as CSV.

    Parameters
    ----------
    rows : DataFrame or sequence of mapping
    file : str
        Name of the download, without its ending; empty: there is none.
    longest : mapping of str to int
        Characters that fit into a column; a longer cell ends with an ellipsis, `CELL` where none are stated.
    **more
        Further arguments of `st.dataframe`; `alt` says what the table shows.

    Returns
    -------
    Any
        What `st.dataframe` returns.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    drawn, columns = _with_minus_signs(_cut(frame, longest), more.pop("column_config", {}))
    selection = st.dataframe(drawn, column_config=columns, **more)
    if file:
        _download(frame, file, str(more.get("key") or file))
    return selection


def short_table(
    cells: Sequence[Mapping[str, object]], whole: pd.DataFrame | None = None, file: str = "", key: str = "", **more: Any
) -> None:
    """Draw a table of few rows whose cells show their whole text, in as many lines as it takes.

    Parameters
    ----------
    cells : sequence of mapping
        By column: numbers, and markdown in which the data's texts are escaped.
    whole : DataFrame or None
        What the download has instead.
    file : str
        Name of the download, without its ending; empty: there is none.
    key : str
        Of the download button.
    **more
        Further arguments of `st.table`; `alt` says what the table shows.
    """
    frame = pd.DataFrame(list(cells))
    st.table(frame, border="horizontal", hide_index=True, **more)
    if file:
        _download(frame if whole is None else whole, file, key or file)


def title_cell(title: str, category: str) -> str:
    """Markdown of a title with its category, where it has one, on a line of its own."""
    return plain(title, CELL) + (f"  \n:gray[{plain(category, 60)}]" if category else "")


def _download(frame: pd.DataFrame, file: str, key: str) -> None:
    st.download_button(
        "Download CSV",
        lambda: spreadsheet_csv(frame).encode(),
        f"{file}.csv",
        "text/csv",
        key=f"csv-{key}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def _with_minus_signs(
    frame: pd.DataFrame, columns: Mapping[str, Any]
) -> tuple[pd.DataFrame | Styler, Mapping[str, Any]]:
    """Write negative numbers with a true minus sign; they stay numbers, which sort.

    The browser's own formats write a hyphen, so that columns with a negative number get theirs here. The other columns
    need one too then: pandas writes 26.000000 for a whole number beside a missing one.
    """
    signed = [str(name) for name in frame.select_dtypes("number") if (frame[name] < 0).any()]
    if not signed:
        return frame, columns
    written: dict[str, Any] = {}
    for name in signed:
        kind = (columns.get(name) or {}).get("type_config") or {}
        written[name] = partial(shown_number, spec=_SPECS.get(str(kind.get("format")), "g"))
    formats = dict.fromkeys(map(str, frame.select_dtypes("float")), "{:.10g}") | written
    bare = {
        name: column | {"type_config": column["type_config"] | {"format": None}}
        if name in written and isinstance(column, dict) and column.get("type_config")
        else column
        for name, column in columns.items()
    }
    return frame.style.format(formats, na_rep=""), bare


_SPECS = {"percent": ".1%", "localized": ",.0f", **{f"%.{digits}f": f".{digits}f" for digits in range(6)}}
"""Python's format of each number format of Streamlit's that tables here use."""


def _cut(frame: pd.DataFrame, longest: Mapping[str, int]) -> pd.DataFrame:
    """The same table, with long texts shortened."""

    def shortened(column: pd.Series) -> pd.Series:
        limit = longest.get(str(column.name), CELL)
        return column.map(lambda cell: shown_text(cell, limit) if isinstance(cell, str) and len(cell) > limit else cell)

    return frame.apply(shortened)
