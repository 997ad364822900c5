"""Build an evidence report: its settings, the button, and the progress."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.report.signing import signing_sentence
from pages.report.url import PACK
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text, sentence
from pages.ui.escape import plain
from pages.ui.times import when
from pages.ui.url_state import demonstration, set_url
from pages.ui.visitor import is_mine, visitor
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.diagnosis.gate.thresholds import decode_thresholds
from streamrec_core.errors import StreamRecError
from streamrec_core.permissions import refusal
from streamrec_core.report.making import Making, dismiss, list_making, start_making
from streamrec_core.report.settings import ReportSettings

FAULT = "making_fault"
DEFAULTS = ReportSettings()
SIZES = {
    "usual": ("Standard, about a minute", DEFAULTS),
    "thorough": (
        "Five times as many sessions",
        ReportSettings(
            weighed=5 * DEFAULTS.weighed, looked_at=5 * DEFAULTS.looked_at, explained=5 * DEFAULTS.explained
        ),
    ),
}


def make(bench: Workbench, first: bool) -> None:
    """Draw the form, collapsed where there is a report already."""
    fault = st.session_state.pop(FAULT, "")
    if fault:
        ui_notices.refused(fault)
    if first:
        with st.container(border=True, key="make-pack"):
            st.subheader("Build the evidence report", anchor=False)
            _form(bench)
    else:
        with st.expander("Build another report", icon=":material/add:"):
            _form(bench)


def _form(bench: Workbench) -> None:
    st.markdown(
        f"Measures **{plain(bench.model_name or '', 60)}** on **{plain(bench.data_name, 60)}** and writes one file "
        "that opens without a network, with all figures and a manifest of hashes."
    )
    if not demonstration():
        st.text_input(
            "Sessions to include as cases",
            key="pack-sessions",
            max_chars=400,
            placeholder="three chosen by rule",
            help="Session ids, separated by commas. If empty, up to three are chosen by rule: a hit, a miss, and one "
            "whose explanation failed its checks.",
            persist_state="session",
        )
        st.segmented_control(
            "Test sessions",
            tuple(SIZES),
            default="usual",
            required=True,
            format_func=lambda name: SIZES[name][0],
            key="pack-size",
            persist_state="session",
            help=f"Standard: parameters measured on {DEFAULTS.weighed:,} sessions, heads on {DEFAULTS.looked_at:,}, "
            f"{DEFAULTS.explained:,} explanations checked.",
        )
        _comparison(bench)
    fault = refusal("building a report")
    st.button("Build report", type="primary", on_click=_start, args=(bench,), disabled=bool(fault), key="make-it")
    if fault:
        st.caption(plain(fault))
    else:
        st.caption(plain(signing_sentence()))
    if read_only():
        st.caption("This server stores nothing: the report can be read and downloaded until the server stops.")


def _comparison(bench: Workbench) -> None:
    """Two optional sections: what changed from another model, and which limits are met."""
    with st.container(horizontal=True, gap="medium"):
        others = [name for name in bench.fitting if name != bench.model_name]
        st.selectbox(
            "Model in use before",
            others,
            index=None,
            key="pack-against",
            placeholder="none",
            help="Adds a page on what changed from it: lists, accuracy, main parameters, explanations.",
        )
        st.file_uploader(
            "Thresholds",
            type=["toml", "json"],
            max_upload_size=1,
            key="pack-thresholds",
            help="A file of limits, such as `coverage = 0.3`. Adds a page that says of each whether it is met.",
        )


def _start(bench: Workbench) -> None:
    typed = str(st.session_state.get("pack-sessions") or "")
    sessions = tuple(dict.fromkeys(part.strip() for part in typed.split(",") if part.strip()))
    size = SIZES[st.session_state.get("pack-size") or "usual"][1]
    try:
        for session_id in sessions:
            bench.dataset.log.row(session_id)
        values = size.model_dump() | {"sessions": sessions, "against": st.session_state.get("pack-against") or ""}
        if (file := st.session_state.get("pack-thresholds")) is not None:
            thresholds = decode_thresholds(file.getvalue(), Path(file.name))
            values |= {"thresholds": thresholds, "thresholds_file": Path(file.name).name}
        settings = ReportSettings.parse(values, "Build the evidence report")
        start_making(bench.data_name, bench.model_name or "", settings, visitor())
    except StreamRecError as error:
        st.session_state[FAULT] = error_text(error)


def watched(bench: Workbench) -> bool:
    """Draw the jobs in progress, refreshed while one runs; gives whether any runs.

    A report opens at the address of the visitor who asked for it, once the page shows its model and data.
    """
    if refusal("building a report"):
        return False
    before = _stages(list_making())
    running = "running" in before.values()

    @st.fragment(run_every="0.7s" if running else None)
    def progress() -> None:
        jobs = list_making()
        if _stages(jobs) != before:
            st.rerun()
        for job in jobs:
            if job.state.stage == "running" or is_mine(job.owner):
                _draw(job)

    for job in list_making():
        shown = (job.request.data, job.request.model) == (bench.data_name, bench.model_name)
        if job.state.stage == "done" and shown and is_mine(job.owner):
            set_url(PACK, job.state.message)
            dismiss(job)
    progress()
    return running


def _stages(jobs: tuple[Making, ...]) -> dict[str, str]:
    return {job.folder.name: job.state.stage for job in jobs if job.state.stage != "done"}


def _draw(job: Making) -> None:
    if job.state.stage == "done":
        return
    with st.container(border=True, gap="xsmall", key=f"making-{job.folder.name}"):
        subject = f"**{plain(job.request.model, 60)}** on **{plain(job.request.data, 60)}**"
        if job.state.stage == "running":
            st.markdown(f"Building the report: {subject}")
            st.progress(job.state.share, text=f"{plain(sentence(job.state.message), 80)}, {job.state.share:.0%}")
            st.caption(
                f"Started {when(job.started)}. You can leave this page; the report appears here when it is done."
                if is_mine(job.owner)
                else f"Started {when(job.started)} by another visitor."
            )
        else:
            st.markdown(f":red[:material/error:] The report on {subject} could not be built.")
            st.caption(f"Started {when(job.started)}, ended {when(job.changed)}")
            st.markdown(plain(sentence(job.state.message)))
            st.button("Dismiss", key=f"dismiss-{job.folder.name}", on_click=dismiss, args=(job,))
