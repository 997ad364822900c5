"""Jobs that create or import data sets: progress, outcome, and the question about bad rows."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.dataset.controls import LABELS
from pages.dataset.form_job import belongs_to_form, empty_form_when_done
from pages.dataset.url import SHOW
from pages.ui.data_table import data_table
from pages.ui.error_text import control_labels, controls_note, error_text, sentence
from pages.ui.escape import plain
from pages.ui.times import when
from pages.ui.url_state import DATA, change_url, clear_url
from pages.ui.visitor import is_mine, may_act_for
from streamrec_core.config import read_only
from streamrec_core.data.jobs import Job, consent, dismiss, list_jobs, stop
from streamrec_core.errors import Refused, StreamRecError


def watched(has_form: bool) -> None:
    """Draw the visitor's jobs, and those of others that run; refreshed while one runs.

    A job of the form that made no data set is left to the form where `has_form`, whether the page draws it.
    """
    empty_form_when_done()
    before = _stages(list_jobs())
    running = "running" in before.values()

    @st.fragment(run_every="0.7s" if running else None)
    def every_job() -> None:
        jobs = list_jobs()
        if _stages(jobs) != before:
            st.rerun()  # the whole page: its list of data sets and this refresh rate are out of date
        for job in jobs:
            if (job.state.stage != "running" and not is_mine(job.owner)) or (has_form and belongs_to_form(job)):
                continue
            draw_job(job)

    every_job()


def draw_job(job: Job) -> None:
    """Draw how far a job is, or how it ended and what can be done about it."""
    with st.container(border=True, gap="xsmall", key=f"job-{job.name}"):
        STAGES[job.state.stage](job)


STOP_HELP = "Stops the job and removes everything it created."


def _stages(jobs: tuple[Job, ...]) -> dict[str, str]:
    return {job.name: job.state.stage for job in jobs}


def _running(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"Creating **{plain(job.request.name, 60)}**", width="content")
        if not read_only() and may_act_for(job.owner):
            st.button("Stop", key=f"stop-{job.name}", icon=":material/stop:", on_click=_act(stop, job), help=STOP_HELP)
    step = plain(sentence(job.state.message), 120)
    if job.state.share is None:
        st.caption(f":material/hourglass_top: {step} … Started {when(job.started)}.")
    else:
        st.progress(job.state.share, text=f"{step}, {job.state.share:.0%} · started {when(job.started)}")


def _done(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":green[:material/check:] **{plain(job.request.name, 60)}** is ready: {plain(job.state.message)}.")
        st.caption(_times(job), width="content")
        with st.container(horizontal=True, width="content"):
            st.button("Open data set", type="primary", key=f"open-{job.name}", on_click=_open, args=(job,))
            _dismiss(job, "Dismiss")
    for note in job.state.notes:
        st.caption(plain(f"{note}."))


def _failed(job: Job) -> None:
    st.markdown(f":red[:material/error:] Data set **{plain(job.request.name, 60)}** could not be created.")
    st.caption(_times(job))
    st.markdown(plain(sentence(job.state.message) + controls_note(job.state.fields, LABELS)))
    _dismiss(job, "Dismiss")


def _bad_rows(job: Job) -> None:
    number = job.state.bad_rows
    rows = "1 row" if number == 1 else f"{number:,} rows"
    st.markdown(f"Data set **{plain(job.request.name, 60)}** has {rows} that cannot be used. Nothing is imported yet.")
    st.caption(f"Started {when(job.started)}; waiting for your decision since {when(job.changed)}.")
    data_table(
        [_note_row(note) for note in job.state.notes],
        hide_index=True,
        height="content",
        column_config={"Problem": st.column_config.TextColumn(width="large")},
        alt="Faulty rows by line: " + "; ".join(job.state.notes),
    )
    if number > len(job.state.notes):
        st.caption(f"Showing the first {len(job.state.notes)} of {number:,}.")
    if labels := control_labels([name for name in job.state.fields if name != "skip_bad_rows"], LABELS):
        st.markdown(plain(f"To use these rows, change {labels} in the form and import again."))
    with st.container(horizontal=True):
        st.button(f"Skip {rows} and import", type="primary", key=f"consent-{job.name}", on_click=_act(consent, job))
        _dismiss(job, "Cancel import")


def _times(job: Job) -> str:
    return f"Started {when(job.started)}, ended {when(job.changed)}"


def _note_row(note: str) -> dict[str, str]:
    location, _, problem = note.partition(": ")
    return {"Location": location, "Problem": problem}


def _dismiss(job: Job, label: str) -> None:
    st.button(label, key=f"dismiss-{job.name}", on_click=_act(dismiss, job))


def _act(action: Callable[[Job], None], job: Job) -> Callable[[], None]:
    def act() -> None:
        try:
            if not may_act_for(job.owner):
                raise Refused("this job was started by another visitor; only they and admins may change it")
            action(job)
        except StreamRecError as error:
            st.session_state["add_fault"] = error_text(error)

    return act


def _open(job: Job) -> None:
    change_url(DATA, job.request.name)
    clear_url(SHOW)
    _act(dismiss, job)()


STAGES = {"running": _running, "done": _done, "failed": _failed, "bad rows": _bad_rows}
