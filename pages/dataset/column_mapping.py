"""The column mapping of an event log: which column holds the session, item, time and so on, below its first rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.dataset import notices
from pages.dataset.controls import LABELS
from pages.ui.error_text import error_text
from streamrec_core.data.importers.preview import LogPreview, preview_file, preview_stream, usual_columns
from streamrec_core.data.importers.table import TableSettings
from streamrec_core.data.jobs import JobRequest
from streamrec_core.errors import BadInput

HELP = {
    "session_column": "Rows with the same value form one session. Without it, each user is one session.",
    "user_column": "Required if there is no session column.",
    "item_column": "The item's id. Required.",
    "time_column": "Dates or Unix timestamps. Without it, rows are taken in file order.",
    "order_column": "Numbers that order events, or those of the same time: a step, a position.",
    "category_column": "Of the item: genre, section, type.",
    "title_column": "Of the item, as shown to people.",
    "engagement_column": "One of click, partial_view, full_view, save, share.",
    "rating_column": "0.5 to 5, instead of engagement.",
}
TIME_HELP = "As in %m/%d/%Y %I:%M %p. Without it, the form of each time is recognised."
MISSING_HELP = "Words that stand for no value, between commas; without any, the usual ones."
NONE = "Not in this log"
SPLITS = {"": "auto", "session": "by session", "time": "by time", "leave-last-out": "leave last out"}
DELIMITERS = {"": "auto", "comma": "comma", "semicolon": "semicolon", "tab": "tab", "pipe": "|"}
ENCODINGS = {"": "utf-8", "latin-1": "latin-1", "cp1252": "cp1252", "utf-16": "utf-16"}


def log_form(source: Any, file_name: str, begin: Callable[[Callable[[], JobRequest]], None]) -> None:
    """Draw the first rows and the columns to choose; `begin` takes what makes the request.

    Parameters
    ----------
    source : Path or uploaded file
    """
    layout = _layout()
    try:
        preview = _peek(source, file_name, layout)
    except BadInput as error:
        notices.cannot_add(error_text(error, LABELS))
        return
    _first_rows(preview)
    mapping = _mapping(preview, file_name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(LABELS["name"], _stem(file_name), max_chars=100, key=f"log_name-{file_name}")
        split = st.selectbox(LABELS["split"], list(SPLITS), format_func=SPLITS.__getitem__, key="log_split", width=180)
    settings = mapping | layout | _reading() | {"name": name.strip(), "split": split or None}

    def request() -> JobRequest:
        TableSettings.parse(settings, "columns")
        path = "" if not isinstance(source, Path) else str(source)
        return JobRequest(kind="table", name=name.strip(), source=path, settings=settings)

    missing = missing_columns(mapping, bool(settings["row_sessions"]))
    if st.button("Import", type="primary", disabled=bool(missing)):
        begin(request)
    if missing:
        st.caption(f":orange[:material/info:] To import, choose the column of: {', and of: '.join(missing)}.")


def _reading() -> dict[str, Any]:
    """How times, sessions and cells are read; collapsed, since most logs need nothing of it."""
    with st.expander("Times, sessions and cells"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pattern = st.text_input(
                LABELS["time_format"], key="log_time_format", placeholder="auto", help=TIME_HELP, width=200
            )
            gap = st.number_input(
                LABELS["gap_minutes"], 0, 10_000, 0, key="log_gap", width=200, help="0: a user is one session."
            )
            separator = st.text_input(
                LABELS["list_separator"], key="log_lists", width=160, help="Divides several items in one cell."
            )
            missing = st.text_input(
                LABELS["missing_values"],
                key="log_missing",
                placeholder="NULL, NA, nan, ...",
                help=MISSING_HELP,
                width=220,
            )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            any_year = st.checkbox(LABELS["any_year"], key="log_any_year")
            collapse = st.checkbox(
                LABELS["collapse_repeats"], key="log_collapse", help="Of neighbours with the same item and engagement."
            )
            rows = st.checkbox(LABELS["row_sessions"], key="log_row_sessions")
            html = st.checkbox(
                LABELS["unescape_html"], key="log_html", help="&amp; in titles and categories becomes &."
            )
    words = {"missing_values": [word.strip() for word in missing.split(",")]} if missing.strip() else {}
    return words | {
        "time_format": pattern.strip(),
        "gap_minutes": gap or None,
        "list_separator": separator,
        "any_year": any_year,
        "collapse_repeats": collapse,
        "row_sessions": rows,
        "unescape_html": html,
    }


def missing_columns(mapping: Mapping[str, str], row_sessions: bool = False) -> tuple[str, ...]:
    """Name the required roles that no column has: an item, and a session or a user unless each row is a session."""
    groups = (("item_column",),) if row_sessions else (("item_column",), ("session_column", "user_column"))
    return tuple(
        " or ".join(f"“{LABELS[role]}”" for role in roles)
        for roles in groups
        if not any(mapping[role] for role in roles)
    )


def _layout() -> dict[str, Any]:
    """The file format; collapsed, since the defaults nearly always fit."""
    with st.expander("File format"), st.container(horizontal=True, vertical_alignment="bottom"):
        delimiter = st.selectbox(
            LABELS["delimiter"], list(DELIMITERS), format_func=DELIMITERS.__getitem__, key="log_delimiter", width=180
        )
        encoding = st.selectbox(
            LABELS["encoding"], list(ENCODINGS), format_func=ENCODINGS.__getitem__, key="log_encoding"
        )
        header = st.checkbox(LABELS["header"], True, key="log_header")
        quotes = st.selectbox(LABELS["quotes"], ["auto", "always", "never"], key="log_quotes", width=120)
        comment = st.text_input(LABELS["comment"], key="log_comment", placeholder="#", width=160)
    return {"delimiter": delimiter, "encoding": encoding, "header": header, "quotes": quotes, "comment": comment}


def _peek(source: Any, file_name: str, layout: dict[str, Any]) -> LogPreview:
    options = layout["encoding"], layout["delimiter"], layout["header"], layout["comment"]
    return preview_file(source, *options) if isinstance(source, Path) else preview_stream(source, file_name, *options)


def _first_rows(preview: LogPreview) -> None:
    width = len(preview.columns)
    rows = [(*row, *[""] * width)[:width] for row in preview.rows]
    st.caption(f"The first {len(rows)} rows, {width} columns:")
    st.dataframe(
        pd.DataFrame(rows, columns=list(preview.columns)),
        hide_index=True,
        height="content",
        alt=f"The first rows; the columns are {', '.join(preview.columns[:12])}.",
    )


def _mapping(preview: LogPreview, file_name: str) -> dict[str, str]:
    """Draw one choice a role, preset to a guess from common column names; gives the column of each role."""
    guessed = usual_columns(preview.usable)
    if "session_column" in guessed:
        guessed.pop("user_column", None)
    if "engagement_column" in guessed:
        guessed.pop("rating_column", None)
    mapping = {}
    roles = list(HELP.items())
    for row in (roles[:5], roles[5:]):
        for column, (role, meaning) in zip(st.columns(5), row, strict=False):
            guess = guessed.get(role)
            mapping[role] = (
                column.selectbox(
                    LABELS[role],
                    preview.usable,
                    index=preview.usable.index(guess) if guess else None,
                    placeholder=NONE,
                    help=meaning,
                    key=f"{role}-{file_name}-{'|'.join(preview.columns)}",
                )
                or ""
            )
    return mapping


def _stem(file_name: str) -> str:
    return file_name.rpartition(".")[0] or file_name
