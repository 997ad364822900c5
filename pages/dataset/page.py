"""Dataset: what a data set holds, its sessions one by one, and making, importing and deleting data sets."""

from __future__ import annotations

import streamlit as st

from pages.dataset import cached, notices
from pages.dataset.add_data import adding
from pages.dataset.charts import charts, key_figures
from pages.dataset.choice import choice, chosen_category
from pages.dataset.delete_data import deleting
from pages.dataset.filters import choose_category, filters
from pages.dataset.jobs import watched
from pages.dataset.session_list import session_list
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui import workbench
from pages.ui.escape import plain
from pages.ui.url_state import SHOW
from pages.ui.url_widgets import one_of
from streamrec_core.data.browse.tables import Tables
from streamrec_core.errors import BadInput

WHAT, SESSIONS, CHANGE = "What is in it", "Sessions", "Add or delete"


def what_is_in_it(tables: Tables, stamp: tuple[str, int]) -> None:
    """Key figures and charts of the whole or of the chosen category."""
    choose_category(tables)
    found = cached.figures(*stamp, chosen_category(tables), tables)
    key_figures(found, tables)
    charts(found, tables)


def sessions(tables: Tables, stamp: tuple[str, int]) -> None:
    """Filters, and the sessions that pass them."""
    choose_category(tables)
    asked = choice(tables)
    notices.ignored(asked.ignored)
    filters(tables, asked, stamp)
    session_list(cached.browsed(*stamp, asked.wish, asked.order, asked.first, tables), asked, tables, stamp[0])


def add_or_delete(tables: Tables | None, stamp: tuple[str, int]) -> None:
    """The ways to a new data set, and the way to be rid of this one."""
    st.header("Add a data set", anchor=False)
    adding()
    deleting(stamp[0])


VIEWS = {"holds": (WHAT, what_is_in_it), "sessions": (SESSIONS, sessions), "change": (CHANGE, add_or_delete)}


def choose_view() -> str:
    """Draw the choice of what is shown."""
    more = {"format_func": lambda view: VIEWS[view][0], "required": True, "label_visibility": "collapsed"}
    return one_of(st.segmented_control, "Show", list(VIEWS), SHOW, next(iter(VIEWS)), **more)


name = workbench.chosen_data()
st.title("Dataset", anchor=False)
watched()
try:
    tables = workbench.open_tables(name)
except BadInput as error:
    ui_notices.cannot_open(str(error))
    add_or_delete(None, (name, 0))
else:
    st.markdown(f"**{plain(tables.card.name, 80)}** · {plain(tables.card.source, 160)}")
    VIEWS[choose_view()][1](tables, (name, ui_cached.data_stamp(name)))
