"""Raters as the organiser sees them: inviting, how far each is, closing a code."""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from pages.study import notices
from pages.ui import notices as ui_notices
from streamrec_core.config import read_only
from streamrec_core.errors import StreamRecError
from streamrec_core.study.codes import Invitation
from streamrec_core.study.rating import RaterProgress, invite, progress, revoke

EVERY = "5s"
STATES = {"revoked": "closed", "waiting": "not begun", "busy": "under way", "done": "finished"}


def raters(name: str) -> None:
    """Draw the invitations that were just made, the form for more, and everyone's progress."""
    if read_only():
        st.caption("This dashboard is read-only: nobody can be invited here. Raters can still answer.")
    else:
        _invite(name)
    _new_links(name)
    _watch(name)


def _invite(name: str) -> None:
    with st.form("invite", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.number_input("How many more raters", 1, 500, 6, width=180)
        if st.form_submit_button("Invite", type="primary"):
            try:
                st.session_state["invited"] = (name, invite(name, int(wanted)))
            except StreamRecError as error:
                ui_notices.refused(str(error))


def _new_links(name: str) -> None:
    """The links, which can be read until the organiser leaves and never again."""
    study, places = st.session_state.get("invited", ("", ()))
    if study != name or not places:
        return
    links = "\n".join(_link(place) for place in places)
    with st.container(border=True):
        st.markdown("**One link for each rater.** Copy them now: only a hash of each code is kept.")
        st.code(links, language=None, wrap_lines=True)
        rows = [f"{place.rater},{_link(place)}" for place in places]
        st.download_button(
            "Links as CSV",
            "\n".join(["rater,link", *rows]) + "\n",
            f"{name}-links.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _link(place: Invitation) -> str:
    """The link under the address that the organiser came by."""
    here = urlsplit(st.context.url or "")
    return place.link(f"{here.scheme}://{here.netloc}{here.path.rstrip('/').removesuffix('/study')}")


@st.fragment(run_every=EVERY)
def _watch(name: str) -> None:
    """How far everyone is, read anew every few seconds."""
    try:
        everyone = progress(name)
    except StreamRecError as error:
        notices.no_study(str(error))
        return
    if not everyone:
        st.caption("Nobody is invited yet.")
        return
    st.dataframe(
        pd.DataFrame([_row(rater) for rater in everyone]),
        hide_index=True,
        column_config={
            "Done": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
        },
        alt="How many tasks each invited rater has finished.",
    )
    st.caption("Refreshes by itself. Answers are not shown here: a rater is a number and a count.")
    _close(name, everyone)


def _row(rater: RaterProgress) -> dict[str, object]:
    return {
        "Rater": rater.rater,
        "State": STATES[_state(rater)],
        "Done": rater.done / max(rater.tasks, 1),
        "Tasks": f"{rater.done} of {rater.tasks}",
    }


def _state(rater: RaterProgress) -> str:
    if rater.revoked:
        return "revoked"
    if not rater.begun:
        return "waiting"
    return "done" if rater.done == rater.tasks else "busy"


def _close(name: str, everyone: tuple[RaterProgress, ...]) -> None:
    open_places = [rater.rater for rater in everyone if not rater.revoked]
    if read_only() or not open_places:
        return
    with st.popover("Close a code"):
        st.markdown("The link stops working, and the answers given with it leave the results.")
        rater = st.selectbox("Rater", open_places)
        st.button("Close it", on_click=_revoke, args=(name, rater))


def _revoke(name: str, rater: int) -> None:
    try:
        revoke(name, rater)
    except StreamRecError as error:
        ui_notices.refused(str(error))
