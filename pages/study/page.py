"""Study: an organiser creates a study, invites raters and reads the results; a rater with a link sees only the task."""

from __future__ import annotations

import streamlit as st

from pages.study import cached, notices
from pages.study.cases import cases, delete
from pages.study.plan import plan
from pages.study.raters import raters
from pages.study.rating import rating
from pages.study.results import facts, results
from pages.study.url import STUDY
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.tab_title import tab_title
from pages.ui.url_state import CODE, set_url, url_value
from pages.ui.workbench import current_workbench
from streamrec_core.config import raters_only
from streamrec_core.errors import StreamRecError
from streamrec_core.study.store import damaged_studies, list_studies, read_study


def take_study() -> None:
    """Keep the study that the organiser has opened."""
    set_url(STUDY, st.session_state["choose_study"])


def choose_study(names: tuple[str, ...]) -> str:
    """Draw the choice of a study; a link to an unknown one gets a warning."""
    name = url_value(STUDY) or names[0]
    if name not in names:
        st.warning(f"There is no study **{plain(name, 60)}**; showing another one.")
        name = names[0]
    st.session_state["choose_study"] = name
    st.selectbox("Study", names, key="choose_study", on_change=take_study, width=320)
    set_url(STUDY, name)
    return name


def draw(name: str) -> None:
    """Tabs of one study, and the form for a new one."""
    card, shown = read_study(name)
    facts(card)
    # The key names the study, so that another one opens on its first tab.
    first, second, third, fourth = st.tabs(["Results", "Raters", "Cases", "New study"], key=f"study-tabs-{name}")
    with first:
        results(cached.study_results(name))
    with second:
        raters(name)
    with third:
        cases(card, shown)
        delete(name)
    with fourth:
        plan(current_workbench())


def organise() -> None:
    """The organiser's view."""
    st.title("Study", anchor=False)
    st.markdown(
        "Do explanations help people, and does one kind help more than another? Invite people to rate them: blind, in "
        "balanced random order, with texts that are frozen when the study is created."
    )
    damaged = damaged_studies()
    ui_notices.damaged("Study", damaged)
    names = tuple(name for name in list_studies() if name not in damaged)
    if not names:
        st.header("Create the first study", anchor=False)
        plan(current_workbench())
        return
    name = choose_study(names)
    tab_title("Study", name)
    try:
        draw(name)
    except StreamRecError as error:
        notices.no_study(error_text(error))


code = st.query_params.get(CODE)
if code is not None:
    rating(code)
elif raters_only():
    ui_notices.raters_only()
else:
    organise()
