"""Search for a title: by id, by words of it, or by how it is spelled."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice

import streamlit as st

from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.similar_titles import similar_titles

TITLE_WIDTH = 64
MOST_MATCHES = 12


def any_item(catalogue: Catalogue, take: Callable[[str], None]) -> None:
    """Draw a search over the whole catalogue; `take` is called with the id of the selected item."""
    query = st.text_input(
        say("Title or id"), key="search_item", max_chars=120, placeholder=say("any title of the catalogue"), width=340
    )
    rows = matching_items(catalogue, query)
    if query and not rows:
        rows = similar_titles(catalogue, query, MOST_MATCHES)
        st.caption(say("No title holds this. Did you mean:" if rows else "No title is like this."))
    with st.container(horizontal=True, gap="small"):
        for row in rows:
            label = f"**{plain(catalogue.titles[row], TITLE_WIDTH)}** · {plain(catalogue.category(row), 30)}"
            st.button(label, key=f"item-{row}", on_click=take, args=(catalogue.item_ids[row],), type="tertiary")
    if len(rows) == MOST_MATCHES:
        st.caption(say(f"The first {MOST_MATCHES} matches; type more of the title to narrow them."))


def matching_items(catalogue: Catalogue, query: str) -> list[int]:
    """Rows of items with this id or with this text in their title, the id first; neutral items left out."""
    text = query.strip().casefold()
    if not text:
        return []
    by_id = catalogue.rows.get(query.strip())
    titled = (row for row, title in enumerate(catalogue.titles) if text in title.casefold() and row != by_id)
    rows = chain([] if by_id is None else [by_id], titled)
    return list(islice((row for row in rows if not catalogue.neutral[row]), MOST_MATCHES))
