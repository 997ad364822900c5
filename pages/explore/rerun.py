"""Parts of Explore run alone when only they change; a choice that the whole page depends on runs the page again."""

from __future__ import annotations

import streamlit as st

from pages.explore.url import PIN, READER
from pages.ui.url_state import EDITS, HISTORY, ITEM, SESSION, url_value

PARAMS = (SESSION, HISTORY, ITEM, EDITS, PIN, READER)
"""What the whole page depends on and a part of it can change."""
DRAWN = "explore_drawn"


def page_drawn() -> None:
    """Remember what the page is drawn for."""
    st.session_state[DRAWN] = _values()


def rerun_if_page_changed() -> None:
    """Run the whole page again if a callback of this part changed what the page is drawn for."""
    if st.session_state.get(DRAWN) != _values():
        st.rerun()


def _values() -> tuple[str | None, ...]:
    return tuple(url_value(param) for param in PARAMS)
