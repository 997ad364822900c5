"""Training: start a run, watch its curves, compare it with other runs, and use its model on all pages."""

from __future__ import annotations

import streamlit as st

from pages.training import actions, cached, notices
from pages.training.card import run_card
from pages.training.curves import live, watch
from pages.training.form import run_form
from pages.training.selection import MOST_BESIDE, TrainingRuns, read_runs, set_beside
from pages.training.table import run_table
from pages.training.url import RUN
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.tab_title import tab_title
from pages.ui.url_state import set_url
from pages.ui.url_widgets import unavailable
from pages.ui.workbench import Workbench, current_workbench
from streamrec_core.adapters import list_foreign_models
from streamrec_core.config import read_only
from streamrec_core.models.checkpoint import damaged_checkpoints
from streamrec_core.training.summary import RunSummary


def take_run() -> None:
    """Keep the run that the visitor selects."""
    set_url(RUN, st.session_state["choose_run"])


def take_beside() -> None:
    """Keep the runs drawn beside it."""
    set_beside(st.session_state["choose_beside"])


def choose_runs(runs: TrainingRuns, shown: RunSummary) -> None:
    """Draw the choice of the run and of those beside it."""
    names = [run.name for run in runs.here]
    left, right = st.columns(2)
    st.session_state["choose_run"] = shown.name
    left.selectbox("Run", names, key="choose_run", on_change=take_run)
    if len(names) < 2:
        return
    st.session_state["choose_beside"] = [run.name for run in runs.beside]
    right.multiselect(
        "Compare with",
        [name for name in names if name != shown.name],
        key="choose_beside",
        max_selections=MOST_BESIDE,
        placeholder="Curves of other runs",
        on_change=take_beside,
    )


def show_runs(runs: TrainingRuns, bench: Workbench) -> None:
    """Draw the selected run and its curves, or a message."""
    if runs.missing:
        notices.no_run(runs.missing, runs.every.get(runs.missing))
    elif runs.selected is None:
        notices.no_runs_yet(bench.data_name)
    else:
        for name in runs.absent:
            unavailable("Compare with", name)
        choose_runs(runs, runs.selected)
        with st.container(border=True):
            run_card(runs.selected, runs, bench)
            live(runs, bench)


bench = current_workbench()
cached.advance_queue()
runs = read_runs(bench)
st.title("Training", anchor=False)
if runs.selected is not None:
    tab_title("Training", f"run {runs.selected.name}")
fault = actions.take_fault()
if fault:
    st.error(plain(fault))
notices.active_runs(runs.every)
left, right = st.columns([1.75, 1], gap="large")
with left:
    show_runs(runs, bench)
watch(runs)
if runs.here:
    st.header("All runs", anchor=False)
    run_table(runs.here)
    ui_notices.replaced_models({run.name: run.replaced for run in runs.here if run.replaced})
ui_notices.damaged("Run", runs.every.damaged)
ui_notices.damaged("Model", {**damaged_checkpoints(), **list_foreign_models().damaged})
with right:  # last: the estimate may have to be measured
    if read_only():
        notices.no_training_here()
    else:
        run_form(bench, runs)
