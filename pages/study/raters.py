"""Raters of a study as the organiser sees them: invitation links, progress, closing a code."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from pages.study import notices
from pages.ui import notices as ui_notices
from pages.ui.data_table import data_table
from pages.ui.error_text import error_text
from streamrec_core.config import read_only
from streamrec_core.errors import StreamRecError
from streamrec_core.study.codes import Invitation
from streamrec_core.study.invitations import invite, revoke
from streamrec_core.study.rating import RaterProgress, progress

EVERY = "5s"
WHOLE = 20
"""Raters whose rows are all shown; the table of more of them scrolls."""
STATES = {"revoked": "closed", "waiting": "not started", "busy": "in progress", "done": "finished"}


def raters(name: str) -> None:
    """Draw the form for invitations, the links just created, and the progress of every rater."""
    if read_only():
        st.caption("This dashboard is read-only: raters cannot be invited. Those with a link can still answer.")
    else:
        _invite(name)
    _new_links(name)
    _watch(name)


def _invite(name: str) -> None:
    with st.form("invite", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input("New raters", 1, 500, 6, width=180)
        if st.form_submit_button("Invite", type="primary"):
            try:
                st.session_state["invited"] = (name, invite(name, int(number)))
            except StreamRecError as error:
                ui_notices.refused(error_text(error))


def _new_links(name: str) -> None:
    """Draw the links, which are shown once: until the organiser leaves the page."""
    study, invitations = st.session_state.get("invited", ("", ()))
    if study != name or not invitations:
        return
    links = "\n".join(_link(invitation) for invitation in invitations)
    with st.container(border=True):
        st.markdown("**One link per rater.** Copy them now: only a hash of each code is stored.")
        st.code(links, language=None, wrap_lines=True)
        rows = [f"{invitation.rater},{_link(invitation)}" for invitation in invitations]
        st.download_button(
            "Links as CSV",
            "\n".join(["rater,link", *rows]) + "\n",
            f"{name}-links.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _link(invitation: Invitation) -> str:
    """The link, at the address that the organiser uses."""
    here = urlsplit(st.context.url or "")
    return invitation.link(f"{here.scheme}://{here.netloc}{here.path.rstrip('/').removesuffix('/study')}")


@st.fragment(run_every=EVERY)
def _watch(name: str) -> None:
    """Draw the progress of every rater, refreshed every few seconds."""
    try:
        everyone = progress(name)
    except StreamRecError as error:
        notices.no_study(error_text(error))
        return
    if not everyone:
        st.caption("No raters invited yet.")
        return
    st.markdown(_in_short(everyone))
    data_table(
        pd.DataFrame([_row(rater) for rater in everyone]),
        hide_index=True,
        height="content" if len(everyone) <= WHOLE else "auto",
        column_config={
            "Rater": st.column_config.NumberColumn(width=54),
            "State": st.column_config.TextColumn(width=96),
            "Tasks": st.column_config.TextColumn(width=70),
            "Done": st.column_config.ProgressColumn(format="percent", width=110, min_value=0.0, max_value=1.0),
        },
        alt="How many tasks each invited rater has finished.",
    )
    st.caption("Refreshes automatically. Answers are not shown here, only how many tasks each rater has finished.")
    _close(name, everyone)


def _in_short(everyone: Sequence[RaterProgress]) -> str:
    """How many raters have finished, of those whose codes are open, and how many tasks are done."""
    counted = [rater for rater in everyone if not rater.revoked]
    finished = sum(_state(rater) == "done" for rater in counted)
    done, tasks = sum(rater.done for rater in counted), sum(rater.tasks for rater in counted)
    closed = len(everyone) - len(counted)
    more = f"; {closed} {'code' if closed == 1 else 'codes'} closed" if closed else ""
    return f"**{finished} of {len(counted)} raters** have finished, with {done:,} of {tasks:,} tasks done{more}."


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
    open_codes = [rater.rater for rater in everyone if not rater.revoked]
    if read_only() or not open_codes:
        return
    with st.popover("Close a code"):
        st.markdown("The link stops working, and its answers are removed from the results.")
        rater = st.selectbox("Rater", open_codes)
        st.button("Close code", on_click=_revoke, args=(name, rater))


def _revoke(name: str, rater: int) -> None:
    try:
        revoke(name, rater)
    except StreamRecError as error:
        ui_notices.refused(error_text(error))
