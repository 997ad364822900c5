"""The card of one run: state, results, the reason of a failure with what to do, and buttons."""

from __future__ import annotations

import streamlit as st

from pages.training import actions
from pages.training.selection import TrainingRuns
from pages.ui.colours import BadgeColour
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.times import when
from pages.ui.url_state import DATA, MODEL
from pages.ui.workbench import Workbench
from streamrec_core.background.process import log_tail
from streamrec_core.charts.palette import model_colour
from streamrec_core.config import PROJECT, checkpoints_folder, read_only, runs_at_once, runs_folder, workspace
from streamrec_core.data.shown_number import shown_interval
from streamrec_core.models.card import follower_note
from streamrec_core.permissions import may
from streamrec_core.training.process import ENDED_SILENTLY, LOG_FILE
from streamrec_core.training.summary import RunState, RunSummary
from streamrec_core.training.validation import NO_VALIDATION, TRAINING_LOSS

COLOURS: dict[RunState, BadgeColour] = {
    "waiting": "orange",
    "starting": "blue",
    "running": "blue",
    "stopping": "orange",
    "stopped": "gray",
    "done": "green",
    "failed": "red",
}
KILLED_HELP = (
    "The process was killed, often because memory ran out. Close other programs or choose a smaller batch size, then "
    "resume: training continues from the last checkpoint."
)
FAILED_HELP = (
    "If the message names a setting to change, start a new run with it. Otherwise resume: training continues from the "
    "last checkpoint."
)


def run_card(run: RunSummary, runs: TrainingRuns, bench: Workbench) -> None:
    """Draw a run and its buttons."""
    _heading(run)
    if run.state == "waiting":
        _queued(run, runs)
    if run.state == "failed":
        _failure(run)
    elif run.message:
        st.caption(plain(_without_folders(run.message)))
    _results(run)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        _buttons(run, bench)


def _heading(run: RunSummary) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        dot = f':color[●]{{foreground="{model_colour(0)}"}}'
        st.markdown(f"{dot} **{plain(run.name, 80)}**", width="content")
        st.badge(state_in_words(run), color=COLOURS[run.state])
    training = run.config.training
    st.caption(
        f"{run.config.model}, recipe {plain(run.config.recipe, 40)} · at most {training.epochs} epochs · "
        f"learning rate {training.learning_rate:g} · seed {training.seed} · {_times(run)}"
    )


def _times(run: RunSummary) -> str:
    ended = f", ended {when(run.changed)}" if run.changed and not run.active else ""
    return f"started {when(run.started)}{ended}" if not run.queue_position else f"queued {when(run.started)}"


def state_in_words(run: RunSummary) -> str:
    """The state and, for a queued run, its position."""
    return f"queued, position {run.queue_position}" if run.state == "waiting" else run.state


def _queued(run: RunSummary, runs: TrainingRuns) -> None:
    before = [earlier.name for earlier in (*runs.every.training, *runs.every.queued[: run.queue_position - 1])]
    rule = "One run trains" if runs_at_once() == 1 else f"{runs_at_once()} runs train"
    after = f" This run starts after {', '.join(f'**{plain(name, 40)}**' for name in before)}." if before else ""
    st.info(f"{rule} at a time.{after} You can close this page; it will start anyway.")


def _failure(run: RunSummary) -> None:
    killed = run.message == ENDED_SILENTLY or "was killed" in run.message
    with st.container(border=True, gap="xsmall", key="run-failure"):
        st.markdown(f":red[**Why it failed:**] {plain(_without_folders(run.message) or 'no message')}")
        st.markdown(f"**What to do:** {KILLED_HELP if killed else FAILED_HELP}")
        log = _without_folders(log_tail(runs_folder() / run.name / LOG_FILE)).strip()
        if log:
            with st.expander("End of the log"):
                st.code(log, language=None, wrap_lines=True)


def _results(run: RunSummary) -> None:
    """Hit@10 of the best epoch, with its interval."""
    parts = {"validation": "on validation", "test": "on test"}
    measured = [(words, run.metrics(part)) for part, words in parts.items() if "hit@10" in run.metrics(part)]
    if run.card is None or not measured:
        return
    with st.container(horizontal=True, gap="medium"):
        for words, metrics in measured:
            low, high = metrics["hit@10_interval"]
            st.metric(
                f"Hit@10 {words}",
                f"{metrics['hit@10']:.1%}",
                delta=shown_interval((low, high), ".1%"),
                delta_color="off",
                delta_arrow="off",
                help="Below: 95% CI over sessions.",
                width="content",
            )
        by_loss = run.card.monitor == TRAINING_LOSS
        st.metric("Best epoch", run.card.epoch, help=NO_VALIDATION if by_loss else None, width="content")
    if note := follower_note(run.card):
        st.caption(note)


def _buttons(run: RunSummary, bench: Workbench) -> None:
    frozen = read_only()
    if run.active:
        label = {"waiting": "Remove from queue", "stopping": "Stopping …"}.get(run.state, "Stop")
        st.button(label, on_click=actions.stop, args=(run.name,), disabled=frozen or run.state == "stopping")
    elif run.state != "done" and not run.replaced:
        st.button("Resume", on_click=actions.resume, args=(run.name,), disabled=frozen)
    if run.card is not None and not run.replaced:
        _use(run, bench)
    if not run.active:
        if st.button("Rename", disabled=frozen, type="tertiary"):
            _rename(run.name)
        if st.button("Delete", disabled=not may("deleting a run"), type="tertiary"):
            _delete(run.name)
    if run.config.command:
        with st.popover("Command", type="tertiary", help="The same run from a terminal"):
            st.code(run.config.command, language="shell", wrap_lines=True)


def _use(run: RunSummary, bench: Workbench) -> None:
    """Draw the button that makes it the model of all pages; once it is, the link to Explore."""
    if bench.model_name == run.name:
        page_link(
            "explore/page.py",
            label=":primary[**Explore with it**]",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={DATA: bench.data_name, MODEL: run.name},
            help="All pages explain this model now.",
        )
    else:
        st.button(
            "Use this model",
            type="primary" if run.state == "done" else "secondary",
            on_click=actions.use,
            args=(run.name,),
            help="All pages will explain the best epoch of this run.",
        )


@st.dialog("Rename this run")
def _rename(name: str) -> None:
    st.text_input("New name", name, max_chars=80, key="rename-to")
    if st.button("Rename", type="primary", key="rename-do", on_click=_take_name, args=(name,)):
        st.rerun()


def _take_name(name: str) -> None:
    actions.rename(name, st.session_state["rename-to"])


@st.dialog("Delete this run for good?")
def _delete(name: str) -> None:
    st.markdown(
        f"**{plain(name, 80)}** will be deleted with its checkpoints and curves, for everyone who uses this dashboard. "
        "Links to its model will stop working."
    )
    if st.button("Delete for good", type="primary", key="delete-do", on_click=actions.delete, args=(name,)):
        st.rerun()


def _without_folders(output: str) -> str:
    """Output of a training process, which may be any text, without the folders of this server."""
    for folder in (workspace(), checkpoints_folder(), PROJECT):
        output = output.replace(f"{folder}/", "")
    return output
