"""Dataset: what a data set holds, its sessions one by one, and making, importing and deleting data sets."""

from __future__ import annotations

import streamlit as st

from pages.ui import browse_loaders, loaders, messages, workbench
from pages.ui.browsing.adding import adding
from pages.ui.browsing.choice import choice, chosen_category
from pages.ui.browsing.deleting import deleting
from pages.ui.browsing.figures import charts, key_figures
from pages.ui.browsing.filters import choose_category, filters
from pages.ui.browsing.jobs import watched
from pages.ui.browsing.strips import session_list
from pages.ui.linked import one_of
from pages.ui.plain import plain
from pages.ui.state import SHOW
from streamrec_core.data.browse import Tables
from streamrec_core.errors import BadInput

WHAT, SESSIONS, CHANGE = "What is in it", "Sessions", "Add or delete"


def what_is_in_it(tables: Tables, stamp: tuple[str, int]) -> None:
    """Key figures and charts of the whole or of the chosen category."""
    choose_category(tables)
    found = browse_loaders.figures(*stamp, chosen_category(tables), tables)
    key_figures(found, tables)
    charts(found, tables)


def sessions(tables: Tables, stamp: tuple[str, int]) -> None:
    """Filters, and the sessions that pass them."""
    choose_category(tables)
    asked = choice(tables)
    messages.ignored(asked.ignored)
    filters(tables, asked, stamp)
    session_list(browse_loaders.browsed(*stamp, asked.wish, asked.order, asked.first, tables), asked, tables, stamp[0])


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
    messages.cannot_open(str(error))
    add_or_delete(None, (name, 0))
else:
    st.markdown(f"**{plain(tables.card.name, 80)}** · {plain(tables.card.source, 160)}")
    VIEWS[choose_view()][1](tables, (name, loaders.data_stamp(name)))
