"""A run while it goes on: how far it is, its figures, and the curves beside those of other runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.training import cached
from pages.training.durations import in_words
from pages.training.selection import TrainingRuns
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.charts.live import Rule, hit_curve, loss_curve
from streamrec_core.config import runs_folder
from streamrec_core.training.follow import Progress
from streamrec_core.training.summary import RunSummary, signature
from streamrec_core.training.validation import NO_VALIDATION, TRAINING_LOSS

ZOOM = "Drag to move, hold Shift and turn the wheel to zoom, double-click to see all again."
LOSS_HELP = (
    "How far the model's guesses were from what came next, step by step: lower is better. The pale line is every "
    f"step, the strong one its running mean. {ZOOM}"
)
HIT_HELP = (
    "How often what came next was among the ten best on sessions kept for validation, with 95% intervals: higher is "
    f"better. Dashed lines are simple rules and the best that anyone could do. {ZOOM}"
)


def live(runs: TrainingRuns, bench: Workbench) -> None:
    """Draw progress and curves of the runs shown; they follow along while one of them goes on."""
    assert runs.chosen is not None
    levels = cached.levels(bench.events_hash, runs.chosen.config.split, bench.dataset)
    moving = any(run.active for run in runs.shown)
    st.fragment(_live, run_every="1s" if moving else None)(runs.shown, levels)


def watch(runs: TrainingRuns) -> None:
    """Draw the whole page anew when a run begins, ends, appears or goes, whoever did it."""
    moving = any(run.active for run in runs.every.runs)
    st.fragment(_watch, run_every="1s" if moving else "5s")(_seen(runs))


def _seen(runs: TrainingRuns) -> tuple[tuple[str, str], ...]:
    every = runs.every
    return tuple((run.name, run.state) for run in every.runs) + tuple((name, "damaged") for name in every.damaged)


def _watch(seen: tuple[tuple[str, str], ...]) -> None:
    if signature(runs_folder()) != seen:
        st.rerun()


def _live(shown: Sequence[RunSummary], levels: Sequence[Rule]) -> None:
    found = {run.name: cached.follower(run.name).progress() for run in shown}
    for run in shown:
        if run.active and not run.queue_position:
            _progress(run, found[run.name], named=run is not shown[0])
    if not any(len(progress.steps) for progress in found.values()):
        st.caption("The curves appear with the first step.")
        return
    st.subheader("Loss", anchor=False, help=LOSS_HELP)
    st.vega_lite_chart(spec=loss_curve(found), key="loss-curve", alt=_alt("Loss by epoch, raw and smoothed,", shown))
    if all(progress.started is not None and progress.started.monitor == TRAINING_LOSS for progress in found.values()):
        st.caption(NO_VALIDATION)
        return
    st.subheader("Hit@10 on validation", anchor=False, help=HIT_HELP)
    st.vega_lite_chart(
        spec=hit_curve(found, levels),
        key="hit-curve",
        alt=_alt("Hit@10 on validation by epoch, beside simple rules,", shown),
    )


def _progress(run: RunSummary, progress: Progress, named: bool) -> None:
    """The bar, and in one line where the run stands."""
    st.progress(progress.share, text=(f"{plain(run.name, 40)}: " if named else "") + _standing(run, progress))


def _standing(run: RunSummary, progress: Progress) -> str:
    if run.state == "stopping":
        return "Stopping after this step; everything is kept"
    latest, started = progress.latest, progress.started
    if run.state == "starting" or started is None:
        return "Starting: loading data and model"
    if latest is None:
        return f"Epoch 1 of {started.epochs}, first step"
    if latest.step == latest.epoch * started.steps_per_epoch:
        return f"Epoch {latest.epoch} of {started.epochs}: validating"
    return (
        f"Epoch {latest.epoch} of {started.epochs} · step {latest.step:,} of {progress.total_steps:,} · "
        f"{latest.events_per_second:,.0f} events per second · about {in_words(latest.seconds_left)} left at most"
    )


def _alt(what: str, shown: Sequence[RunSummary]) -> str:
    """Stays the same while a run goes on: another text would have the chart drawn anew and its zoom lost."""
    return f"{what} of {', '.join(run.name for run in shown)}; the table below has the figures of each best epoch."
