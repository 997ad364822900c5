"""Measure a model's explanations from the page: the button, the progress of the job, and what went wrong."""

from __future__ import annotations

import streamlit as st

from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text, sentence
from pages.ui.escape import plain
from pages.ui.times import when
from pages.ui.visitor import is_mine, visitor
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.errors import StreamRecError
from streamrec_core.explain.measuring import (
    SESSIONS,
    Measurement,
    MeasureRequest,
    dismiss_measurement,
    list_measurements,
    start_measuring,
)
from streamrec_core.permissions import refusal

FAULT = "measure_fault"


def watched() -> bool:
    """Draw the measurements in progress, refreshed while one runs; gives whether any runs."""
    if not read_only() and refusal("measuring explanations"):
        return False
    before = _stages()
    running = "running" in before.values()
    for measurement in list_measurements():
        if measurement.state.stage == "done":  # its report is on the page
            dismiss_measurement(measurement)

    @st.fragment(run_every="0.7s" if running else None)
    def progress() -> None:
        if _stages() != before:
            st.rerun()
        for measurement in list_measurements():
            if measurement.state.stage == "running" or is_mine(measurement.owner):
                _draw(measurement)

    progress()
    return running


def measure_button(bench: Workbench, label: str) -> None:
    """Draw the button that measures the explanations of the model on view."""
    if fault := st.session_state.pop(FAULT, ""):
        ui_notices.refused(fault)
    st.button(
        label,
        type="primary",
        icon=":material/science:",
        disabled=bool(refusal("measuring explanations")),
        on_click=_start,
        args=(bench.data_name, bench.model_name or ""),
        key="measure",
        help=f"Draws up to {SESSIONS} test sessions; takes a few minutes.",
    )
    if read_only():
        st.caption("This server stores nothing (`STREAMREC_READ_ONLY` is set): measure from a terminal.")
    elif fault := refusal("measuring explanations"):
        st.caption(plain(fault))


def _start(data: str, model: str) -> None:
    try:
        start_measuring(MeasureRequest(data=data, model=model), visitor())
    except StreamRecError as error:
        st.session_state[FAULT] = error_text(error)


def _stages() -> dict[str, str]:
    return {
        measurement.folder.name: measurement.state.stage
        for measurement in list_measurements()
        if measurement.state.stage != "done"
    }


def _draw(measurement: Measurement) -> None:
    request, state = measurement.request, measurement.state
    if state.stage == "done":
        return
    subject = f"**{plain(request.model, 60)}** on **{plain(request.data, 60)}**"
    with st.container(border=True, gap="xsmall", key=f"measuring-{measurement.folder.name}"):
        if state.stage == "running":
            st.markdown(f"Measuring the explanations of {subject}")
            st.progress(state.share, text=f"{plain(sentence(state.message), 80)}, {state.share:.0%}")
            st.caption(f"Started {when(measurement.started)}. You can leave this page; the result appears here.")
        else:
            st.markdown(f":red[:material/error:] The explanations of {subject} could not be measured.")
            st.caption(f"Started {when(measurement.started)}, ended {when(measurement.changed)}")
            st.markdown(plain(sentence(state.message)))
            st.button(
                "Dismiss", key=f"dismiss-{measurement.folder.name}", on_click=dismiss_measurement, args=(measurement,)
            )
