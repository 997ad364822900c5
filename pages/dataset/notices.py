"""Messages of the Data set page: filters that do not apply, refused requests, a read-only server."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain


def ignored(parts: tuple[str, ...]) -> None:
    """Name the parts of a link that this data set does not have."""
    if parts:
        names = ", ".join(f"**{plain(part, 60)}**" for part in parts)
        st.warning(f"This data set has no {names}; ignored.")


def cannot_add(fault: str) -> None:
    """A data set cannot be created, imported or deleted as requested."""
    st.warning(plain(fault), icon=":material/info:")


def read_only(action: str) -> None:
    """The server does not let visitors change anything."""
    st.info(f"{action} is disabled on this server (`STREAMREC_READ_ONLY` is set).", icon=":material/lock:")
