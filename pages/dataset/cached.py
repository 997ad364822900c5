"""Key figures, sessions and item search for the Dataset page; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import streamlit as st

from streamrec_core.data.browse.figures import Figures, count
from streamrec_core.data.browse.items import FoundItem, search_items
from streamrec_core.data.browse.sessions import Page, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import Tables


@st.cache_resource(max_entries=64, show_spinner="Counting …")
def figures(name: str, stamp: int, category: str, _tables: Tables) -> Figures:
    """Counts of a data set, or of one category of it."""
    return count(_tables, category)


@st.cache_resource(max_entries=128, show_spinner="Searching sessions …")
def browsed(name: str, stamp: int, wish: SessionFilter, order: str, first: int, _tables: Tables) -> Page:
    """One page of the sessions that answer a wish."""
    return find_sessions(_tables, wish, order, first)


@st.cache_resource(max_entries=64, show_spinner="Searching items …")
def found_items(name: str, stamp: int, words: str, _tables: Tables) -> tuple[FoundItem, ...]:
    """Items by words of their title."""
    return search_items(_tables, words)
