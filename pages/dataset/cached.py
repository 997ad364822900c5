"""Key figures, sessions and item search for the Data set page; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pages.ui.shared_cache import shared_cache
from pages.ui.workbench import HASH_FUNCS
from streamrec_core.data.browse.figures import Figures, count
from streamrec_core.data.browse.items import FoundItem, search_items
from streamrec_core.data.browse.sessions import Page, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import Tables


@shared_cache(max_entries=64, show_spinner="Counting …", hash_funcs=HASH_FUNCS)
def figures(tables: Tables, category: str) -> Figures:
    """Counts of a data set, or of one category of it."""
    return count(tables, category)


@shared_cache(max_entries=128, show_spinner="Searching sessions …", hash_funcs=HASH_FUNCS)
def session_page(tables: Tables, session_filter: SessionFilter, order: str, first: int) -> Page:
    """One page of the sessions that match a filter."""
    return find_sessions(tables, session_filter, order, first)


@shared_cache(max_entries=64, show_spinner="Searching items …", hash_funcs=HASH_FUNCS)
def matching_items(tables: Tables, words: str) -> tuple[FoundItem, ...]:
    """Items by words of their title."""
    return search_items(tables, words)
