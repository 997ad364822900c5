"""The one way to draw a data table: long cells cut, and a download whose texts no spreadsheet runs as formulas.

Streamlit's own download is switched off (`client.disableDataExport`), since it writes cells as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.spreadsheet import spreadsheet_csv

CELL = 300
"""Characters of a cell that are drawn; the download has them all."""


def data_table(rows: pd.DataFrame | Sequence[Mapping[str, object]], file: str = "", **more: Any) -> Any:
    """Draw a table and, where it has a file name, a button below it that downloads it as CSV.

    Parameters
    ----------
    rows : DataFrame or sequence of mapping
    file : str
        Name of the download, without its ending; empty: there is none.
    **more
        Further arguments of `st.dataframe`; `alt` says what the table shows.

    Returns
    -------
    Any
        What `st.dataframe` returns.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    selection = st.dataframe(_cut(frame), **more)
    if file:
        st.download_button(
            "Download CSV",
            lambda: spreadsheet_csv(frame).encode(),
            f"{file}.csv",
            "text/csv",
            key=f"csv-{more.get('key') or file}",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )
    return selection


def _cut(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table, with long texts shortened."""
    return frame.map(lambda cell: shown_text(cell, CELL) if isinstance(cell, str) and len(cell) > CELL else cell)
