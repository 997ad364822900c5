"""The job that a visitor's form started last: it ends beside the form, and empties the form once it succeeds."""

from __future__ import annotations

import streamlit as st

from pages.ui.visitor import may_act_for
from streamrec_core.data.jobs import Job, dismiss, list_jobs

JOB, ROUND = "add_job", "add_round"


def form_job() -> Job | None:
    """The job that the form of this visitor started last, until it is done or cleared away."""
    name = st.session_state.get(JOB)
    return next((job for job in list_jobs() if job.name == name), None)


def is_running() -> bool:
    """Whether what the form asked for is being made."""
    job = form_job()
    return job is not None and job.state.stage == "running"


def is_unsuccessful(job: Job) -> bool:
    """Whether a job made no data set: it failed, or waits for consent to skip bad rows."""
    return job.state.stage in ("failed", "bad rows")


def belongs_to_form(job: Job) -> bool:
    """Whether a job is the one of the form and made no data set, so that it is drawn beside the form."""
    return is_unsuccessful(job) and job.name == st.session_state.get(JOB)


def remember(job: Job) -> None:
    """Keep the job that the form started; one that ended without a data set before it is cleared away."""
    before = form_job()
    if before is not None and is_unsuccessful(before) and may_act_for(before.owner):
        dismiss(before)
    st.session_state[JOB] = job.name


def empty_form_when_done() -> None:
    """Empty the form once its data set is there; until then its files and fields stay."""
    job = form_job()
    if job is not None and job.state.stage == "done":
        del st.session_state[JOB]
        st.session_state[ROUND] = form_round() + 1


def form_round() -> int:
    """How often the form was emptied: part of the keys of its file fields, which are emptied by a new key."""
    return int(st.session_state.get(ROUND, 0))
