"""Session list: a line about each session, its latest events as small cards, and a link that opens it in Explore."""

from __future__ import annotations

import html
import math

import streamlit as st

from pages.dataset.session_query import PAGE_SIZE, SessionQuery
from pages.dataset.url import FILTERS, SHEET
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, MODEL, SESSION, clear_url, set_url, url_value
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.browse.sessions import BrowsedEvent, BrowsedSession, Page
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.shown_text import shown_text

TITLE_WIDTH = 48
HOVER_WIDTH = 500
"""Characters of a title that the pointer brings up."""


def session_list(page: Page, query: SessionQuery, tables: Tables, data_name: str) -> None:
    """Draw how many sessions match, one page of them, and the pagination."""
    if not page.total:
        _nothing()
        return
    last = page.first + len(page.sessions)
    st.caption(f"Sessions {page.first + 1:,} to {last:,} of {page.total:,}; latest event on the right.")
    for session in page.sessions:
        _session(session, query.session_filter.item, tables, data_name)
    pages = math.ceil(page.total / PAGE_SIZE)
    if pages > 1:
        at = page.first // PAGE_SIZE + 1
        key = f"browse_at-{at}"  # one key a page, since the default of the widget is fixed for each key
        st.pagination(pages, default=at, key=key, on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    set_url(SHEET, str(st.session_state[key]))


def _nothing() -> None:
    with st.container(border=True):
        st.subheader("No session matches these filters", anchor=False)
        st.markdown("Remove a filter, or show all sessions.")
        st.button("Show all sessions", type="primary", on_click=clear_url, args=FILTERS)


def _session(session: BrowsedSession, item: str, tables: Tables, data_name: str) -> None:
    link = {DATA: data_name, SESSION: session.session_id}
    if model := url_value(MODEL):
        link[MODEL] = model
    with st.container(border=True, gap="xsmall", key=f"session-{session.session_id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**Session {plain(session.session_id, 40)}** &nbsp; :gray[{_about(session)}]")
            page_link(
                "explore/page.py",
                label=f"Open session {plain(session.session_id, 40)} in Explore",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params=link,
            )
        st.html(strip(session, item, tables))


def _about(session: BrowsedSession) -> str:
    """A line on length, category, repeats and part."""
    facts = [f"{session.length} events" if session.length != 1 else "1 event"]
    facts += [f"mostly {plain(session.main_category, 40)}"] if session.main_category else []
    facts += [f"{session.repeats} repeated" if session.repeats else "no repeats"]
    facts += [session.part] if session.part else []
    facts += [f"latest {len(session.events)} shown"] if session.hidden else []
    return " · ".join(facts)


def strip(session: BrowsedSession, item: str, tables: Tables) -> str:
    """The events as one HTML list, target first, which CSS puts at the right end; every text is escaped."""
    catalogue = tables.catalogue
    match = catalogue.rows.get(item, -1)
    *history, target = session.events
    cards = [_card(target, "sr-target", "target", tables)]
    cards += [_card(event, "sr-found" if event.item == match else "", "", tables) for event in reversed(history)]
    label = html.escape(f"Events of session {shown_text(session.session_id, 40)}, latest first")
    return f'<ol class="sr-mini" reversed tabindex="0" aria-label="{label}">{"".join(cards)}</ol>'


def _card(event: BrowsedEvent, shape: str, note: str, tables: Tables) -> str:
    catalogue = tables.catalogue
    title = catalogue.titles[event.item]
    neutral = bool(catalogue.neutral[event.item])
    category = "no category" if neutral else catalogue.category(event.item)
    hue = category_colour(int(catalogue.category_of[event.item]), neutral)
    words = note or tables.catalogue.words.phrases[event.engagement]
    strong = " sr-strong" if not note and event.engagement >= tables.catalogue.words.prominent else ""
    return (
        f'<li class="{shape}" style="--hue:{hue}">'
        f'<span class="sr-mini-title" title="{html.escape(shown_text(title, HOVER_WIDTH))}">'
        f"{html.escape(shown_text(title, TITLE_WIDTH))}</span>"
        f'<span class="sr-category">{html.escape(shown_text(category, 30))}</span>'
        f'<span class="sr-engagement{strong}">{html.escape(words)}</span></li>'
    )
