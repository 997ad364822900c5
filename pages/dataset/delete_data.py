"""Delete a data set after a confirmation; presets cannot be deleted."""

from __future__ import annotations

import streamlit as st

from pages.dataset import notices
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import DATA, change_url
from streamrec_core.config import read_only
from streamrec_core.data.folders import delete_data
from streamrec_core.data.presets import PRESETS
from streamrec_core.errors import StreamRecError
from streamrec_core.permissions import refusal


def delete_section(name: str) -> None:
    """Draw the button that deletes the current data set."""
    st.header("Delete", anchor=False)
    if name in PRESETS:
        st.caption(f"**{plain(name, 60)}** is a preset and cannot be deleted. Data sets that you create or import can.")
        return
    if read_only():
        notices.read_only("Deleting data sets")
        return
    if fault := refusal("deleting a data set"):
        st.caption(plain(fault))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"Delete **{plain(name, 60)}** and all its files from the workspace.")
        if st.button("Delete …", key="delete", icon=":material/delete:"):
            _confirm(name)
    if message := st.session_state.pop("delete_fault", ""):
        notices.cannot_add(message)


def _confirm(name: str) -> None:
    @st.dialog("Delete this data set?")
    def dialog() -> None:
        st.markdown(
            f"**{plain(name, 60)}** will be deleted from this workspace for everyone. Models trained on it stay, but "
            "cannot be used until a data set with the same catalogue is available. This cannot be undone."
        )
        with st.container(horizontal=True):
            if st.button("Delete for good", type="primary", key="delete_surely", on_click=_delete, args=(name,)):
                st.rerun()
            if st.button("Cancel", key="delete_not"):
                st.rerun()

    dialog()


def _delete(name: str) -> None:
    try:
        delete_data(name)
    except StreamRecError as error:
        st.session_state["delete_fault"] = error_text(error)
    else:
        change_url(DATA, None)
