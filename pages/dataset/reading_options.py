"""Options of an import, in collapsed groups since most logs need none: file format, times and cells, items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.dataset.controls import LABELS, LOG_TYPES
from pages.dataset.form_job import form_round
from pages.dataset.log_source import LogSource
from streamrec_core.data.importers.item_files import catalogue_names
from streamrec_core.data.importers.limits import usual_limits
from streamrec_core.data.importers.time_numbers import UNITS

TIME_HELP = "As in %m/%d/%Y %I:%M %p. Without it, the form of each time is recognised."
MISSING_HELP = "Words that stand for no value, between commas; without any, the usual ones."
ITEMS_HELP = "Files with columns id, title, category, neutral. Items of the log that they lack stand behind theirs."
CATALOGUE_HELP = "Its models then fit this log; items that it lacks stand behind its own."
LEVEL_HELP = "Of paths such as A > B, the level that is measured, from 1; 0: the rarest."
DELIMITERS = {"": "auto", "comma": "comma", "semicolon": "semicolon", "tab": "tab", "pipe": "|"}
ENCODINGS = {"": "utf-8", "latin-1": "latin-1", "cp1252": "cp1252", "utf-16": "utf-16"}
FORMAT_KEYS = ("log_delimiter", "log_encoding", "log_header", "log_quotes", "log_comment")
"""Keys of the fields of `file_format`."""
LARGEST = 10**9
LIMIT_HELP = {
    "row_limit": "An import of more rows stops. STREAMREC_IMPORT_ROWS sets the highest.",
    "size_limit": "An import of files that unpack to more stops. STREAMREC_IMPORT_GB sets the highest.",
    "time_limit": "An import that takes longer stops. STREAMREC_IMPORT_MINUTES sets the highest.",
}


def file_format() -> dict[str, Any]:
    """Draw how a text file is divided."""
    with st.expander("File format"), st.container(horizontal=True, vertical_alignment="bottom"):
        delimiter = st.selectbox(
            LABELS["delimiter"],
            list(DELIMITERS),
            format_func=lambda name: DELIMITERS.get(name, name),
            key="log_delimiter",
            accept_new_options=True,
            width=180,
        )
        encoding = st.selectbox(
            LABELS["encoding"],
            list(ENCODINGS),
            format_func=lambda name: ENCODINGS.get(name, name),
            key="log_encoding",
            accept_new_options=True,
        )
        header = st.checkbox(LABELS["header"], True, key="log_header")
        quotes = st.selectbox(LABELS["quotes"], ["auto", "always", "never"], key="log_quotes", width=120)
        comment = st.text_input(LABELS["comment"], key="log_comment", placeholder="#", width=160)
    return {"delimiter": delimiter, "encoding": encoding, "header": header, "quotes": quotes, "comment": comment}


def times_and_cells() -> dict[str, Any]:
    """Draw how times, sessions and cells are read."""
    with st.expander("Times, sessions and cells"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pattern = st.text_input(
                LABELS["time_format"], key="log_time_format", placeholder="auto", help=TIME_HELP, width=200
            )
            unit = st.selectbox(
                LABELS["time_unit"], ["auto", *UNITS], key="log_time_unit", help="Of times that are numbers.", width=120
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
        "time_unit": unit,
        "gap_minutes": gap or None,
        "list_separator": separator,
        "any_year": any_year,
        "collapse_repeats": collapse,
        "row_sessions": rows,
        "unescape_html": html,
    }


def limits() -> dict[str, Any]:
    """Draw how much an import may read, up to what the server allows; gives what was lowered."""
    usual = usual_limits()
    most: dict[str, float] = {"row_limit": usual.rows, "size_limit": usual.gigabytes, "time_limit": usual.minutes}
    values: dict[str, float | None] = {}
    with st.expander("Limits"), st.container(horizontal=True, vertical_alignment="bottom"):
        for name, limit in most.items():
            whole = name == "row_limit"
            number = st.number_input(
                LABELS[name],
                min_value=1 if whole else min(0.01, limit),
                max_value=int(limit) if whole else float(limit),
                value=int(limit) if whole else float(limit),
                key=f"log_{name}",
                help=LIMIT_HELP[name],
                width=180,
            )
            values[name] = number if number < limit else None
    return values


def items_and_categories(source: LogSource) -> tuple[dict[str, Any], Sequence[Any]]:
    """Draw where the catalogue comes from and how categories are read; gives the settings and uploaded item files."""
    with st.expander("Items and categories"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            separator = st.text_input(
                LABELS["category_separator"], "|", key="log_category_separator", max_chars=10, width=180
            )
            level = st.number_input(
                LABELS["category_level"], 0, 20, 0, key="log_category_level", help=LEVEL_HELP, width=150
            )
            neutral = st.text_input(
                LABELS["neutral_category"],
                key="log_neutral",
                help="Items of this category are never recommended: a home page.",
                width=180,
            )
            least = st.number_input(LABELS["min_item_events"], 1, LARGEST, 1, key="log_least", width=180)
            most = st.number_input(
                LABELS["max_events"], 0, LARGEST, 0, key="log_most", help="0 keeps every event.", width=220
            )
        catalogue = st.selectbox(
            LABELS["catalogue"],
            catalogue_names(),
            index=None,
            key="log_catalogue",
            placeholder="The items of the log alone",
            help=CATALOGUE_HELP,
            width=400,
        )
        on_server = [str(path) for path in source.item_paths]
        paths = st.multiselect(LABELS["items"], on_server, key="log_items", help=ITEMS_HELP) if on_server else []
        files = st.file_uploader(
            "Upload files of items" if on_server else LABELS["items"],
            type=LOG_TYPES,
            accept_multiple_files=True,
            key=f"add_items-{form_round()}",
            help=ITEMS_HELP,
        )
    return {
        "category_separator": separator or "|",
        "category_level": level,
        "neutral_category": neutral.strip(),
        "min_item_events": least,
        "max_events": most,
        "catalogue": catalogue or "",
        "items": paths,
    }, files or ()
