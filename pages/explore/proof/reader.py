"""Reader of the checked sentences, in the URL."""

from __future__ import annotations

import streamlit as st

from pages.explore import notices
from pages.explore.url import READER
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.messages import READERS

KEY = "proof_reader"
DEFAULT = READERS[0]


def reader_of_link() -> str:
    """The reader in the URL; one that is not available is named and ignored."""
    reader = url_value(READER)
    if reader is None or reader in READERS:
        return reader or DEFAULT
    notices.not_available((f"{READER} {reader[:40]!r}",))
    clear_url(READER)
    return DEFAULT


def choose_reader(reader: str) -> None:
    """Draw the choice of the reader."""
    st.session_state[KEY] = reader
    with st.container(horizontal=True, gap="small", key="wording"):
        st.segmented_control(
            "Audience",
            READERS,
            key=KEY,
            format_func=str.capitalize,
            required=True,
            on_change=_take,
            width="content",
        )


def _take() -> None:
    reader = st.session_state[KEY]
    update_url({READER: None if reader == DEFAULT else reader})
