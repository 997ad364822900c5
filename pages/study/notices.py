"""The message shown when a study cannot be read."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain


def no_study(fault: str) -> None:
    """A study cannot be read."""
    with st.container(border=True):
        st.subheader("This study cannot be shown", anchor=False)
        st.markdown(plain(fault))
