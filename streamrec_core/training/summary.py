"""Summaries of runs: name, state and results of each, from its small files only; no list of events is read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from streamrec_core.background.queue import queued_runs
from streamrec_core.background.task import file_time
from streamrec_core.errors import BadInput
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE
from streamrec_core.training.process import ENDED_SILENTLY, STATUS_FILE, Status, live_process, read_status
from streamrec_core.training.replaced import replaced_note
from streamrec_core.training.run_folder import CONFIG_FILE, STOP_FILE
from streamrec_core.training.settings import RunConfig

RunState = Literal["waiting", "starting", "running", "stopping", "stopped", "done", "failed"]
ACTIVE: tuple[RunState, ...] = ("waiting", "starting", "running", "stopping")
"""States that change by themselves."""
NEVER_STARTED = "it was never started"


@dataclass(frozen=True)
class RunSummary:
    """One run at a glance.

    Attributes
    ----------
    queue_position : int
        Counted from 1; 0 for a run that does not wait.
    message : str
        Why it failed or stopped, where that is known.
    card : ModelCard or None
        Of its best epoch so far.
    started, changed : float
        When its settings and its status were written, in seconds since 1970; 0 where there is no status yet.
    """

    name: str
    state: RunState
    config: RunConfig
    queue_position: int = 0
    message: str = ""
    epoch: int = 0
    card: ModelCard | None = None
    started: float = 0.0
    changed: float = 0.0

    @property
    def active(self) -> bool:
        """Whether it goes on or waits."""
        return self.state in ACTIVE

    @property
    def replaced(self) -> str:
        """Note where its recipe is no longer built, with the command that trains another; else empty."""
        return replaced_note(self.name, self.config.recipe, self.config.architecture, self.config.data)

    def metrics(self, part: str) -> dict[str, Any]:
        """Figures of the best epoch on `validation` or `test`; empty before there are any, or for an empty part."""
        return self.card.metrics.get(part, {}) if self.card is not None else {}

    def settings(self) -> dict[str, Any]:
        """Every setting by name: model, recipe, split, architecture, training."""
        general = {"model": self.config.model, "recipe": self.config.recipe, "split": self.config.split}
        return {**general, **self.config.architecture, **self.config.training.model_dump()}


@dataclass(frozen=True)
class RunList:
    """The runs in a folder.

    Attributes
    ----------
    runs : tuple of RunSummary
        The newest first.
    damaged : dict of str to BadInput
        By name of the folder, why it cannot be read.
    """

    runs: tuple[RunSummary, ...] = ()
    damaged: dict[str, BadInput] = field(default_factory=dict)

    def get(self, name: str) -> RunSummary | None:
        """The run of that name."""
        return next((run for run in self.runs if run.name == name), None)

    @property
    def queued(self) -> tuple[RunSummary, ...]:
        """The runs that wait, the next one first."""
        return tuple(sorted((run for run in self.runs if run.queue_position), key=lambda run: run.queue_position))

    @property
    def training(self) -> tuple[RunSummary, ...]:
        """The runs that a process works on."""
        return tuple(run for run in self.runs if run.active and not run.queue_position)


def list_runs(folder: Path) -> RunList:
    """Every run in a folder, the newest first."""
    positions = {name: position for position, name in enumerate(queued_runs(folder), start=1)}
    runs, damaged = [], {}
    for config in sorted(folder.glob(f"[!.]*/{CONFIG_FILE}"), key=file_time, reverse=True):
        try:
            runs.append(summarise(config.parent, positions.get(config.parent.name, 0)))
        except BadInput as error:
            damaged[config.parent.name] = error
    return RunList(tuple(runs), damaged)


def summarise(run: Path, queue_position: int = 0) -> RunSummary:
    """Summary of one run.

    Parameters
    ----------
    run : Path
    queue_position : int
        Counted from 1; 0 for a run that does not wait.

    Returns
    -------
    RunSummary

    Raises
    ------
    BadInput
        Its settings or status cannot be read.
    """
    config, status, card = RunConfig.read(run / CONFIG_FILE), read_status(run), None
    with suppress(BadInput):  # no epoch was kept yet
        card = ModelCard.read(run / "best" / CARD_FILE)
    state = _state(run, status, queue_position)
    return RunSummary(
        name=run.name,
        state=state,
        config=config,
        queue_position=queue_position if state == "waiting" else 0,
        message=_message(status) if state in ("stopped", "failed") else "",
        epoch=status.epoch if status is not None else 0,
        card=card,
        started=file_time(run / CONFIG_FILE),
        changed=file_time(run / STATUS_FILE),
    )


def signature(folder: Path) -> tuple[tuple[str, str], ...]:
    """Changes when a run appears, goes, or changes its state."""
    listed = list_runs(folder)
    return tuple((run.name, run.state) for run in listed.runs) + tuple((name, "damaged") for name in listed.damaged)


def _state(run: Path, status: Status | None, queue_position: int) -> RunState:
    process = live_process(run)
    if process is not None:
        if (run / STOP_FILE).exists():
            return "stopping"
        return "running" if isinstance(process, Status) else "starting"
    if queue_position:
        return "waiting"
    if status is None:
        return "stopped"
    return "failed" if status.message == ENDED_SILENTLY else status.state


def _message(status: Status | None) -> str:
    return status.message if status is not None else NEVER_STARTED
