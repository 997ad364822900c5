"""Filters of the Data set page: category for the whole page; length, item, engagement, part and order for the list."""

from __future__ import annotations

import streamlit as st

from pages.dataset import cached
from pages.dataset.session_query import FIRST_ORDER, LONGEST_WORDS, SessionQuery, category_filter
from pages.dataset.url import CATEGORY, FILTERS, HOLDS, LEAST, MARK, MOST, ORDER, PART, WORDS
from pages.ui.url_state import change_url, clear_url
from streamrec_core.data.browse.figures import PART_NAMES
from streamrec_core.data.browse.items import MOST_FOUND
from streamrec_core.data.browse.sessions import SORTS, SessionFilter, sort_label
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.nouns import in_noun
from streamrec_core.data.shown_number import shown_count
from streamrec_core.data.shown_text import shown_text


def choose_category(tables: Tables) -> None:
    """Draw the category filter, which applies to charts and sessions."""
    st.session_state["browse_category"] = category_filter(tables) or None
    st.selectbox(
        "Category",
        tables.catalogue.content_categories,
        key="browse_category",
        placeholder="All categories",
        on_change=take,
        args=(CATEGORY, "browse_category"),
        help="Filters everything below: sessions mostly in this category, and its items.",
        width=320,
    )


def filters(tables: Tables, query: SessionQuery) -> None:
    """Draw the filters and the order of the session list."""
    session_filter = query.session_filter
    with st.container(border=True, gap="small"):
        item, by_length, mark = st.columns([2, 1.3, 1.3], gap="medium")
        with item:
            _by_title(tables, query)
        with by_length, st.container(horizontal=True, gap="small"):
            _number("Min. events", LEAST, session_filter.least, "Before the target.")
            _number("Max. events", MOST, session_filter.most, "Before the target.")
        with mark:
            words = dict(zip(tables.catalogue.words.engagements, tables.catalogue.words.phrases, strict=True))
            _one_of("Contains engagement", MARK, session_filter.engagement, words, "Any engagement")
        part, order, clear = st.columns([1.3, 1.3, 2], gap="medium", vertical_alignment="bottom")
        with part:
            whole = tables.card.split != "leave-last-out"
            _one_of(
                "Part of the split",
                PART,
                session_filter.part,
                {name: name for name in PART_NAMES},
                "Any part",
                not whole,
            )
        with order:
            st.session_state["browse_order"] = query.order
            st.selectbox(
                "Order",
                list(SORTS),
                format_func=lambda sort: sort_label(sort, tables.catalogue.words),
                key="browse_order",
                on_change=take,
                args=(ORDER, "browse_order"),
            )
        with clear:
            nothing = session_filter == SessionFilter() and query.order == FIRST_ORDER
            st.button("Clear all filters", on_click=clear_url, args=FILTERS, disabled=nothing, icon=":material/close:")


def _by_title(tables: Tables, query: SessionQuery) -> None:
    """Draw the title search and, below it, the matching items."""
    session_filter = query.session_filter
    st.session_state["browse_words"] = session_filter.title
    st.text_input(
        in_noun("Title contains", tables.catalogue.words.noun),
        key="browse_words",
        max_chars=LONGEST_WORDS,
        placeholder=in_noun("Title words or item id", tables.catalogue.words.noun),
        on_change=_take_words,
        icon=":material/search:",
    )
    if not session_filter.title and not session_filter.item:
        return
    row = tables.catalogue.rows.get(session_filter.item)
    items = cached.matching_items(tables, session_filter.title or session_filter.item)
    labels = {
        item.item_id: f"{shown_text(item.title, 60)} · {item.category or 'no category'} · "
        + shown_count(item.events, "event")
        for item in items
    }
    if row is not None and session_filter.item not in labels:
        labels[session_filter.item] = shown_text(tables.catalogue.titles[row], 60)
    st.session_state["browse_item"] = session_filter.item or None
    st.selectbox(
        _matches_label(len(items)),
        list(labels),
        key="browse_item",
        format_func=labels.__getitem__,
        placeholder="Any match" if items else "No matching item",
        disabled=not labels,
        on_change=take,
        args=(HOLDS, "browse_item"),
    )


def _matches_label(number: int) -> str:
    if number == MOST_FOUND:
        return f"The {number} most frequent matches"
    return "1 matching item" if number == 1 else f"{number} matching items"


def _number(label: str, name: str, value: int | None, meaning: str) -> None:
    key = f"browse_{name}"
    st.session_state[key] = value
    st.number_input(
        label, min_value=0, max_value=10**9, step=1, key=key, on_change=take, args=(name, key), help=meaning, width=110
    )


def _one_of(label: str, name: str, value: str, words: dict[str, str], any_of: str, off: bool = False) -> None:
    key = f"browse_{name}"
    st.session_state[key] = value or None
    st.selectbox(
        label,
        list(words),
        key=key,
        format_func=words.__getitem__,
        placeholder="Every session is in all parts" if off else any_of,
        disabled=off,
        on_change=take,
        args=(name, key),
    )


def take(name: str, key: str) -> None:
    """Keep a filter in the address bar, or drop it if cleared; the list returns to its first page."""
    value = st.session_state[key]
    change_url(name, None if value in (None, "") else str(value))


def _take_words() -> None:
    take(WORDS, "browse_words")
