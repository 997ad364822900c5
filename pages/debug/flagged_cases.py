"""The list of flagged cases: open one again, edit its note, remove it, export all."""

from __future__ import annotations

import streamlit as st

from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.diagnosis.flagged_cases import (
    LONGEST_NOTE,
    FlaggedCase,
    as_csv,
    as_json,
    change_note,
    flagged_cases,
    unflag_case,
)
from streamrec_core.errors import StreamRecError

SHOWN = 50


def draw(bench: Workbench) -> None:
    """Draw the cases, the latest first."""
    if fault := st.session_state.pop("case_fault", ""):
        st.warning(plain(fault))
    try:
        cases = flagged_cases()
    except StreamRecError as error:
        st.warning(plain(error_text(error)))
        return
    if not cases:
        st.markdown(
            "No cases flagged yet. Every part of this page has a button that adds what it shows to this list, with a "
            "note."
        )
        return
    noun = "case is" if len(cases) == 1 else "cases are"
    st.markdown(f"**{len(cases):,}** {noun} on the list. Everyone who uses this dashboard can read it.")
    with st.container(horizontal=True, gap="small"):
        st.download_button("Export as JSON", lambda: as_json(flagged_cases()), "cases.json", "application/json")
        st.download_button("Export as CSV", lambda: as_csv(flagged_cases()), "cases.csv", "text/csv")
    for case in cases[:SHOWN]:
        _case(case)
    if len(cases) > SHOWN:
        st.caption(f"Showing the latest {SHOWN}; the export has all.")


def _case(case: FlaggedCase) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(case.title, 160)}**")
            st.badge(case.kind, color="gray")
        if case.note:
            st.markdown(plain(case.note))
        st.caption(f"Case {case.number}, flagged {plain(case.marked[:16].replace('T', ' '))} UTC")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            page_link(
                "debug/page.py",
                label=":primary[**Open again**]",
                icon=":material/arrow_forward:",
                query_params=case.link,
            )
            if not read_only():
                with st.popover("Edit note"), st.form(f"case-{case.number}", border=False):
                    st.text_area("Note", case.note, key=f"case-note-{case.number}", max_chars=LONGEST_NOTE)
                    st.form_submit_button("Save", on_click=_change_note, args=(case.number,))
                st.button("Remove from list", key=f"case-off-{case.number}", on_click=_unflag, args=(case.number,))


def _change_note(number: int) -> None:
    try:
        change_note(number, st.session_state[f"case-note-{number}"])
    except StreamRecError as error:
        st.session_state["case_fault"] = error_text(error)


def _unflag(number: int) -> None:
    try:
        unflag_case(number)
    except StreamRecError as error:
        st.session_state["case_fault"] = error_text(error)
