"""Live progress and learning curves of a run, beside those of other runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.training import cached
from pages.training.durations import in_words
from pages.training.selection import TrainingRuns
from pages.ui.chart import scheme
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.charts.live import Rule, hit_curve, loss_curve
from streamrec_core.charts.palette import CHART_TEXT
from streamrec_core.config import runs_folder
from streamrec_core.training.follow import RunProgress
from streamrec_core.training.summary import RunSummary, signature
from streamrec_core.training.validation import NO_VALIDATION, TRAINING_LOSS

ZOOM = "Drag to move, Shift + wheel to zoom, double-click to reset."
LOSS_HELP = (
    "Lower is better. Solid: training loss, the pale line every step, the strong line its running mean. Dashed: "
    "validation loss after every epoch, at the last event of each session and without dropout, so that its level can "
    f"differ; where it rises while the training loss falls, the model overfits. {ZOOM}"
)
HIT_HELP = (
    "How often the next item is in the top 10 on the validation sessions, with 95% CI; higher is better. Dashed lines: "
    f"the best LSTM on the same events, simple rules and the best possible list. {ZOOM}"
)


PATIENCE = 2.0
"""Seconds for which the curves wait for the levels of simple rules."""


def live(runs: TrainingRuns, bench: Workbench) -> None:
    """Draw progress and curves of the runs shown, refreshed while one of them trains."""
    assert runs.selected is not None
    kind = runs.selected.config.split
    with st.spinner("Evaluating simple rules to compare with …"):
        simple = cached.levels(bench.dataset, kind, PATIENCE)
    lstm = cached.lstm_level(bench, kind, but=runs.selected.name)
    awaited = None if simple is not None else lambda: cached.levels(bench.dataset, kind) is not None
    busy = awaited is not None or any(run.active for run in runs.shown)
    st.fragment(_live, run_every="1s" if busy else None)(runs.shown, (*(simple or ()), *lstm), awaited)


def watch(runs: TrainingRuns) -> None:
    """Rerun the page when any run starts, ends, appears or disappears."""
    active = any(run.active for run in runs.every.runs)
    st.fragment(_watch, run_every="1s" if active else "5s")(_seen(runs))


def _seen(runs: TrainingRuns) -> tuple[tuple[str, str], ...]:
    every = runs.every
    return tuple((run.name, run.state) for run in every.runs) + tuple((name, "damaged") for name in every.damaged)


def _watch(seen: tuple[tuple[str, str], ...]) -> None:
    if signature(runs_folder()) != seen:
        st.rerun()


def _live(shown: Sequence[RunSummary], levels: Sequence[Rule], awaited: Callable[[], bool] | None) -> None:
    """Draw the curves; `awaited` says whether the levels of simple rules that are still missing are known by now."""
    if awaited is not None and awaited():
        st.rerun()
    progress = {run.name: cached.follower(run.name).progress() for run in shown}
    for run in shown:
        if run.active and not run.queue_position:
            _progress(run, progress[run.name], named=run is not shown[0])
    if not any(len(state.steps) for state in progress.values()):
        st.caption("Curves appear after the first step.")
        return
    st.subheader("Loss", anchor=False, help=LOSS_HELP)
    st.vega_lite_chart(
        spec=loss_curve(progress, CHART_TEXT[scheme()]),
        key="loss-curve",
        alt=_alt("Training and validation loss by epoch", shown),
    )
    if all(state.started is not None and state.started.monitor == TRAINING_LOSS for state in progress.values()):
        st.caption(NO_VALIDATION)
        return
    st.subheader("Hit@10 on validation", anchor=False, help=HIT_HELP)
    st.vega_lite_chart(
        spec=hit_curve(progress, levels, CHART_TEXT[scheme()]),
        key="hit-curve",
        alt=_alt("Hit@10 on validation by epoch, beside an LSTM, simple rules and the ceiling,", shown),
    )
    if awaited is not None:
        st.caption("Simple rules are still being evaluated; their lines follow by themselves.")


def _progress(run: RunSummary, progress: RunProgress, named: bool) -> None:
    """Draw the progress bar, with the state in one line."""
    st.progress(progress.share, text=(f"{plain(run.name, 40)}: " if named else "") + _state_line(run, progress))


def _state_line(run: RunSummary, progress: RunProgress) -> str:
    if run.state == "stopping":
        return "Stopping after this step; everything is saved"
    latest, started = progress.latest, progress.started
    if run.state == "starting" or started is None:
        return "Starting: loading data and model"
    if latest is None:
        return f"Epoch 1 of {started.epochs}, first step"
    if latest.step == latest.epoch * started.steps_per_epoch:
        return f"Epoch {latest.epoch} of {started.epochs}: validating"
    return (
        f"Epoch {latest.epoch} of {started.epochs} · step {latest.step:,} of {progress.total_steps:,} · "
        f"{latest.events_per_second:,.0f} events per second · at most {in_words(latest.seconds_left)} left"
    )


def _alt(what: str, shown: Sequence[RunSummary]) -> str:
    """Constant while a run trains: a new text would redraw the chart and lose its zoom."""
    return f"{what} of {', '.join(run.name for run in shown)}; the table below has the metrics of each best epoch."
