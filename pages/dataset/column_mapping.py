"""The form that says which column of a log is what, with its first rows above it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.dataset import notices
from streamrec_core.data.importers.peek import Peek, peek, peek_at, usual_columns
from streamrec_core.data.importers.table import TableSettings
from streamrec_core.data.jobs import JobRequest
from streamrec_core.errors import BadInput

ROLES = {
    "session_column": ("Session", "Rows with the same value are one session. Without it each user is one."),
    "user_column": ("User", "Needed where there is no session column."),
    "item_column": ("Item", "The item's id. Needed."),
    "time_column": ("Time", "Dates or numbers since 1970. Without it rows are taken to be in order."),
    "category_column": ("Category", "Of the item: genre, section, kind."),
    "title_column": ("Title", "Of the item, as people read it."),
    "engagement_column": ("Engagement", "click, partial_view, full_view, save or share."),
    "rating_column": ("Rating", "From 0.5 to 5, in place of engagement."),
}
NONE = "not in this log"
SPLITS = {"": "as usual", "session": "by session", "time": "by time", "leave-last-out": "last event out"}
DELIMITERS = {"": "found by itself", "comma": "comma", "semicolon": "semicolon", "tab": "tab", "pipe": "|"}
ENCODINGS = {"": "utf-8", "latin-1": "latin-1", "cp1252": "cp1252", "utf-16": "utf-16"}


def log_form(source: Any, file_name: str, begin: Callable[[Callable[[], JobRequest]], None]) -> None:
    """Draw the first rows and the columns to choose; `begin` takes what makes the request.

    Parameters
    ----------
    source : Path or uploaded file
    """
    layout = _layout()
    try:
        found = _peek(source, file_name, layout)
    except BadInput as error:
        notices.cannot_add(str(error))
        return
    _first_rows(found)
    mapping = _mapping(found, file_name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input("Name of the data set", _stem(file_name), max_chars=100, key=f"log_name-{file_name}")
        split = st.selectbox("Split", list(SPLITS), format_func=SPLITS.__getitem__, key="log_split", width=180)
    settings = mapping | layout | {"name": name.strip(), "split": split or None}

    def request() -> JobRequest:
        TableSettings.parse(settings, "columns")
        path = "" if not isinstance(source, Path) else str(source)
        return JobRequest(kind="table", name=name.strip(), source=path, settings=settings)

    st.button(
        "Import it",
        type="primary",
        disabled=not mapping["item_column"] or not (mapping["session_column"] or mapping["user_column"]),
        help="Needs a column for the item, and one for the session or the user.",
        on_click=begin,
        args=(request,),
    )


def _layout() -> dict[str, Any]:
    """How the file is written; closed away, since nearly always nothing is to be said."""
    with st.expander("How the file is written"), st.container(horizontal=True, vertical_alignment="bottom"):
        delimiter = st.selectbox(
            "Delimiter", list(DELIMITERS), format_func=DELIMITERS.__getitem__, key="log_delimiter", width=180
        )
        encoding = st.selectbox("Encoding", list(ENCODINGS), format_func=ENCODINGS.__getitem__, key="log_encoding")
        header = st.checkbox("The first line names the columns", True, key="log_header")
    return {"delimiter": delimiter, "encoding": encoding, "header": header}


def _peek(source: Any, file_name: str, layout: dict[str, Any]) -> Peek:
    asked = layout["encoding"], layout["delimiter"], layout["header"]
    return peek(source, *asked) if isinstance(source, Path) else peek_at(source, file_name, *asked)


def _first_rows(found: Peek) -> None:
    width = len(found.columns)
    rows = [(*row, *[""] * width)[:width] for row in found.rows]
    st.caption(f"The first {len(rows)} rows, {width} columns:")
    st.dataframe(
        pd.DataFrame(rows, columns=list(found.columns)),
        hide_index=True,
        height="content",
        alt=f"The first rows; the columns are {', '.join(found.columns[:12])}.",
    )


def _mapping(found: Peek, file_name: str) -> dict[str, str]:
    """The columns by what they are for; a guess by usual names stands there first."""
    guessed = usual_columns(found.columns)
    if "session_column" in guessed:
        guessed.pop("user_column", None)
    if "engagement_column" in guessed:
        guessed.pop("rating_column", None)
    chosen = {}
    roles = list(ROLES.items())
    for some in (roles[:4], roles[4:]):
        for column, (role, (label, meaning)) in zip(st.columns(4), some, strict=True):
            guess = guessed.get(role)
            chosen[role] = (
                column.selectbox(
                    label,
                    found.columns,
                    index=found.columns.index(guess) if guess else None,
                    placeholder=NONE,
                    help=meaning,
                    key=f"{role}-{file_name}-{'|'.join(found.columns)}",
                )
                or ""
            )
    return chosen


def _stem(file_name: str) -> str:
    return file_name.rpartition(".")[0] or file_name
