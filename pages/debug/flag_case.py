"""Mark what is on the screen as a case: a note beside the link that shows it again."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain
from pages.ui.notices import without_folders
from pages.ui.url_state import DATA, DEBUGGING, MODEL, wanted
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.diagnosis.flagged_cases import LONGEST_NOTE, flag_case
from streamrec_core.errors import StreamRecError


def link_here(bench: Workbench) -> dict[str, str]:
    """What the address bar holds for this view."""
    names = {name: wanted(name) or "" for name in DEBUGGING}
    return {DATA: bench.data_name, MODEL: bench.model_name or ""} | {
        name: value for name, value in names.items() if value
    }


def mark_control(bench: Workbench, kind: str, title: str, **link: str) -> None:
    """Draw the button that puts this view on the list of cases; `link` adds to what the address bar holds."""
    if read_only():
        st.caption("Cases cannot be marked here: this dashboard changes nothing.")
        return
    with st.popover("Mark this case", icon=":material/bookmark:"):
        st.caption("It goes on the list of this dashboard, which everybody who uses it can read.")
        with st.form(f"mark-{kind}", border=False, clear_on_submit=True):
            note = st.text_area("Note", key=f"note-{kind}", max_chars=LONGEST_NOTE, placeholder="What did you see?")
            marked = st.form_submit_button("Put on the list", type="primary")
    if marked:
        _mark(kind, title, note, link_here(bench) | link)


def _mark(kind: str, title: str, note: str, link: dict[str, str]) -> None:
    try:
        number = flag_case(kind, title, note, link)
    except StreamRecError as error:
        st.error(plain(without_folders(str(error))))
    else:
        st.toast(f"Case {number} is on the list.")
        st.caption(f"Case {number} is on the list, under “Marked cases”.")
