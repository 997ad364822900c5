"""Deleting a data set, after a question; presets are always there."""

from __future__ import annotations

import streamlit as st

from pages.dataset import notices
from pages.ui.escape import plain
from pages.ui.url_state import BROWSING, DATA, ITEM, MODEL, SESSION, forget
from streamrec_core.config import read_only
from streamrec_core.data.folders import delete_data
from streamrec_core.data.presets import PRESETS
from streamrec_core.errors import StreamRecError


def deleting(name: str) -> None:
    """Draw the way to delete the data set that is chosen."""
    st.header("Delete", anchor=False)
    if name in PRESETS:
        st.caption(f"**{plain(name, 60)}** is a preset and always here. What was made or imported can be deleted.")
        return
    if read_only():
        notices.read_only("Deleting data sets")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"Delete **{plain(name, 60)}** and all its files from the workspace.")
        if st.button("Delete …", key="delete", icon=":material/delete:"):
            _question(name)
    if said := st.session_state.pop("delete_fault", ""):
        notices.cannot_add(said)


def _question(name: str) -> None:
    @st.dialog("Delete this data set?")
    def question() -> None:
        st.markdown(
            f"**{plain(name, 60)}** will be gone from this workspace for everybody. Models that learned from it stay, "
            "and cannot be used until a data set with the same catalogue is here. This cannot be undone."
        )
        with st.container(horizontal=True):
            if st.button("Delete it", type="primary", key="delete_surely", on_click=_delete, args=(name,)):
                st.rerun()
            if st.button("Keep it", key="delete_not"):
                st.rerun()

    question()


def _delete(name: str) -> None:
    try:
        delete_data(name)
    except StreamRecError as error:
        st.session_state["delete_fault"] = str(error)
    else:
        forget(DATA, MODEL, SESSION, ITEM, *BROWSING)
