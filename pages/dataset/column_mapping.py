"""The column mapping of an event log: which column holds the session, item, time and so on, below its first rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.dataset import notices
from pages.dataset.controls import LABELS
from pages.dataset.engagement_words import words_and_noun
from pages.dataset.form_job import is_running
from pages.dataset.log_source import LogSource, as_uploads
from pages.dataset.reading_options import FORMAT_KEYS, file_format, items_and_categories, limits, times_and_cells
from pages.ui.data_table import data_table
from pages.ui.error_text import error_text
from streamrec_core.data.importers.preview import LogPreview, PreviewSettings
from streamrec_core.data.importers.table import TableSettings
from streamrec_core.data.importers.usual_columns import columns_by_cells, is_row, usual_columns
from streamrec_core.data.jobs import JobRequest, Upload
from streamrec_core.errors import BadInput

HELP = {
    "session_column": "Rows with the same value form one session; two columns as user+visit. Without it, each user is "
    "one session.",
    "user_column": "Required if there is no session column.",
    "item_column": "The item's id. Required.",
    "time_column": "Dates or Unix timestamps. Without it, rows are taken in file order.",
    "order_column": "Numbers that order events, or those of the same time: a step, a position.",
    "category_column": "Of the item: genre, section, type.",
    "title_column": "Of the item, as shown to people.",
    "engagement_column": "What was done: view, click, cart, purchase, play. Its words are kept.",
    "rating_column": "0.5 to 5, instead of engagement.",
}
NONE = "Not in this log"
SPLITS = {"": "auto", "session": "by session", "time": "by time", "leave-last-out": "leave last out"}
Begin = Callable[[Callable[[], JobRequest], Sequence[Upload]], None]


def log_form(source: LogSource, begin: Begin) -> None:
    """Draw the first rows and the columns to choose; `begin` takes what makes the request, and the uploads.

    Parameters
    ----------
    source : LogSource
    begin : callable
    """
    layout = file_format()
    sheet_key = f"log_sheet-{source.name}"
    sheet = str(st.session_state.get(sheet_key) or "")
    read_as = PreviewSettings(
        layout["encoding"], layout["delimiter"], layout["header"], layout["comment"], layout["quotes"], sheet
    )
    try:
        preview = source.preview(read_as)
    except BadInput as error:
        notices.cannot_add(error_text(error, LABELS))
        _keep_fields(drawn=FORMAT_KEYS)
        return
    if layout["header"] and is_row(preview.columns):
        st.caption(
            f":orange[:material/info:] The first line looks like a row, not like names of columns: clear "
            f"“{LABELS['header']}” under “File format”."
        )
    if len(preview.sheets) > 1:
        st.selectbox(
            LABELS["sheet"], preview.sheets, index=None, key=sheet_key, placeholder="The first with cells", width=300
        )
    _first_rows(preview)
    st.markdown("**Which column holds what**")
    mapping = _mapping(preview, source.name, layout["header"])
    words = words_and_noun(source, read_as, mapping)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(LABELS["name"], source.stem, max_chars=100, key=f"log_name-{source.name}", width=360)
        split = st.selectbox(LABELS["split"], list(SPLITS), format_func=SPLITS.__getitem__, key="log_split", width=180)
    options, item_files = items_and_categories(source)
    settings = mapping | layout | words | times_and_cells() | options | limits()
    settings |= {"name": name.strip(), "split": split or None, "sheet": sheet}

    def request() -> JobRequest:
        TableSettings.parse(settings, "columns")
        return JobRequest(kind="table", name=name.strip(), sources=tuple(map(str, source.paths)), settings=settings)

    missing = missing_columns(mapping, bool(settings["row_sessions"]))
    if st.button("Import", type="primary", disabled=bool(missing) or is_running()):
        begin(request, [*as_uploads(source.uploads), *as_uploads(item_files, is_items=True)])
    if missing:
        st.caption(f":orange[:material/info:] To import, choose the column of: {', and of: '.join(missing)}.")


def _keep_fields(drawn: Collection[str]) -> None:
    """Keep the fields that are not drawn while the file cannot be read: Streamlit forgets them otherwise."""
    for key in map(str, st.session_state):
        if key.startswith(("log_", *HELP)) and key not in drawn:
            st.session_state[key] = st.session_state[key]


def missing_columns(mapping: Mapping[str, str], row_sessions: bool = False) -> tuple[str, ...]:
    """Name the required roles that no column has: an item, and a session or a user unless each row is a session."""
    groups = (("item_column",),) if row_sessions else (("item_column",), ("session_column", "user_column"))
    return tuple(
        " or ".join(f"“{LABELS[role]}”" for role in roles)
        for roles in groups
        if not any(mapping[role] for role in roles)
    )


def _first_rows(preview: LogPreview) -> None:
    width = len(preview.columns)
    rows = [(*row, *[""] * width)[:width] for row in preview.rows]
    st.markdown(f"**The first {len(rows)} rows**, {width} columns")
    data_table(
        pd.DataFrame(rows, columns=list(preview.columns)),
        hide_index=True,
        height="content",
        alt=f"The first rows; the columns are {', '.join(preview.columns[:12])}.",
    )


def _mapping(preview: LogPreview, file_name: str, has_header: bool) -> dict[str, str]:
    """Draw one choice a role, preset to a guess from common column names; gives the column of each role."""
    guessed = usual_columns(preview.usable) if has_header else columns_by_cells(preview.usable, preview.rows)
    if "session_column" in guessed:
        guessed.pop("user_column", None)
    if "engagement_column" in guessed:
        guessed.pop("rating_column", None)
    mapping = {}
    roles = list(HELP.items())
    for row in (roles[:5], roles[5:]):
        for column, (role, meaning) in zip(st.columns(5), row, strict=False):
            guess = guessed.get(role)
            options = preview.usable if guess is None or guess in preview.usable else (guess, *preview.usable)
            mapping[role] = (
                column.selectbox(
                    LABELS[role],
                    options,
                    index=options.index(guess) if guess else None,
                    placeholder=NONE,
                    help=meaning,
                    key=f"{role}-{file_name}-{'|'.join(preview.columns)}",
                    accept_new_options=True,
                )
                or ""
            )
    return mapping
