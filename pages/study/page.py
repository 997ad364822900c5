"""Study: an organiser sets up, invites and reads; a rater who comes by link sees the task and nothing else."""

from __future__ import annotations

import streamlit as st

from pages.study import cached, notices
from pages.study.cases import cases, delete
from pages.study.plan import plan
from pages.study.raters import raters
from pages.study.rating import rating
from pages.study.results import facts, results
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import CODE, STUDY, choose, forget, wanted
from pages.ui.workbench import current
from streamrec_core.config import raters_only
from streamrec_core.errors import StreamRecError
from streamrec_core.study.store import list_studies, read_study


def take_study() -> None:
    """Keep the study that the organiser looks at."""
    choose(STUDY, st.session_state["choose_study"])


def choose_study(names: tuple[str, ...]) -> str:
    """Draw the choice among the studies here; a link that names another one is told so."""
    asked = wanted(STUDY)
    if asked is not None and asked not in names:
        st.warning(f"There is no study **{plain(asked, 60)}** here; the choice below shows those there are.")
        forget(STUDY)
    chosen = asked if asked in names else names[0]
    st.session_state["choose_study"] = chosen
    st.selectbox("Study", names, key="choose_study", on_change=take_study, width=320)
    choose(STUDY, chosen)
    return chosen


def draw(name: str) -> None:
    """Everything about one study, and the way to another one."""
    card, shown = read_study(name)
    facts(card)
    # The tabs belong to one study; another one begins with its first tab.
    first, second, third, fourth = st.tabs(["Results", "Raters", "Cases", "New study"], key=f"study-tabs-{name}")
    with first:
        results(cached.study_results(name))
    with second:
        raters(name)
    with third:
        cases(card, shown)
        delete(name)
    with fourth:
        plan(current())


def organise() -> None:
    """The organiser's view."""
    st.title("Study", anchor=False)
    st.markdown(
        "Do explanations help people, and does one kind help more than another? Invite people to rate them: blind, in "
        "balanced random order, with texts that are frozen on the day the study is created."
    )
    names = list_studies()
    if not names:
        st.header("Set up the first study", anchor=False)
        plan(current())
        return
    name = choose_study(names)
    try:
        draw(name)
    except StreamRecError as error:
        notices.no_study(str(error))


code = st.query_params.get(CODE)
if code is not None:
    rating(code)
elif raters_only():
    ui_notices.raters_only()
else:
    organise()
