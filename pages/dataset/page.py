"""Data set: statistics of a data set, its sessions one by one, and creating, importing and deleting data sets."""

from __future__ import annotations

import streamlit as st

from pages.dataset import cached, notices
from pages.dataset.add_data import add_data
from pages.dataset.charts import charts, key_figures
from pages.dataset.delete_data import delete_section
from pages.dataset.filters import choose_category, filters
from pages.dataset.jobs import watched
from pages.dataset.session_list import session_list
from pages.dataset.session_query import category_filter, session_query
from pages.dataset.url import SHOW
from pages.ui import notices as ui_notices
from pages.ui import workbench
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.tab_title import tab_title
from pages.ui.url_state import url_value
from pages.ui.url_widgets import choose_one
from streamrec_core.config import read_only
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.presets import damaged_data
from streamrec_core.errors import StreamRecError


def statistics(tables: Tables, name: str) -> None:
    """Key figures and charts of the whole data set or of one category."""
    choose_category(tables)
    figures = cached.figures(tables, category_filter(tables))
    key_figures(figures, tables)
    charts(figures, tables)


def sessions(tables: Tables, name: str) -> None:
    """Filters, and the sessions that match them."""
    choose_category(tables)
    query = session_query(tables)
    notices.ignored(query.ignored)
    filters(tables, query)
    page = cached.session_page(tables, query.session_filter, query.order, query.first)
    session_list(page, query, tables, name)


def add_or_delete(tables: Tables | None, name: str) -> None:
    """Forms that add a data set, and the deletion of this one."""
    st.header("Add a data set", anchor=False)
    add_data()
    delete_section(name)
    ui_notices.damaged("Data set", damaged_data())


VIEWS = {
    "holds": ("Statistics", statistics),
    "sessions": ("Sessions", sessions),
    "change": ("Add or delete", add_or_delete),
}


def choose_view() -> str:
    """Draw the choice of a view; gives its key."""
    return choose_one(
        st.segmented_control,
        "Show",
        list(VIEWS),
        SHOW,
        next(iter(VIEWS)),
        format_func=lambda view: VIEWS[view][0],
        required=True,
        label_visibility="collapsed",
    )


name = workbench.chosen_data()
st.title("Data set", anchor=False)
tab_title("Data set", name)
try:
    tables = workbench.open_for_browsing(name)
except StreamRecError as error:
    watched(has_form=not read_only())
    ui_notices.cannot_open(error_text(error))
    add_or_delete(None, name)
else:
    watched(has_form=url_value(SHOW) == "change" and not read_only())
    st.markdown(f"**{plain(tables.card.name, 80)}** · {plain(tables.card.source, 160)}")
    VIEWS[choose_view()][1](tables, name)
