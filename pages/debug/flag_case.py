"""Flag the current view as a case: a note, kept with the link that shows the view again."""

from __future__ import annotations

import streamlit as st

from pages.debug.url import LINK_PARAMS
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import DATA, MODEL, url_value
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.diagnosis.flagged_cases import LONGEST_NOTE, flag_case
from streamrec_core.errors import StreamRecError


def link_here(bench: Workbench) -> dict[str, str]:
    """Query parameters of the current view."""
    names = {name: url_value(name) or "" for name in LINK_PARAMS}
    return {DATA: bench.data_name, MODEL: bench.model_name or ""} | {
        name: value for name, value in names.items() if value
    }


def flag_control(bench: Workbench, kind: str, title: str, **link: str) -> None:
    """Draw the button that adds this view to the case list; `link` adds to its query parameters."""
    if read_only():
        st.caption("Cases cannot be flagged here: this dashboard is read-only.")
        return
    with st.popover("Flag this case", icon=":material/bookmark:"):
        st.caption("Adds it to the case list, which everyone who uses this dashboard can read.")
        with st.form(f"mark-{kind}", border=False, clear_on_submit=True):
            note = st.text_area("Note", key=f"note-{kind}", max_chars=LONGEST_NOTE, placeholder="What did you see?")
            submitted = st.form_submit_button("Add to list", type="primary")
    if submitted:
        _flag(kind, title, note, link_here(bench) | link)


def _flag(kind: str, title: str, note: str, link: dict[str, str]) -> None:
    try:
        number = flag_case(kind, title, note, link)
    except StreamRecError as error:
        st.error(plain(error_text(error)))
    else:
        st.toast(f"Case {number} added to the list.")
        st.caption(f"Case {number} added to the list, see “Flagged cases”.")
