"""Estimate how long an epoch takes: from earlier runs with the same settings on this machine, or from timed steps."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import torch
from pydantic import ValidationError

from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.training.events import EVENT, EpochDone, Event, RunStarted, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.process import read_launch
from streamrec_core.training.run_folder import CONFIG_FILE, EVENTS_FILE, RunFolder
from streamrec_core.training.settings import RunConfig, TrainingSettings

CALIBRATION_SECONDS = 1.5
LEAST_STEPS = 4
"""Fewer timed steps than this may take three times as long."""
MOST_RUNS = 3
EPOCH_LINE = b'{"kind":"epoch"'
SPEED_NEUTRAL = (
    "epochs",
    "seed",
    "learning_rate",
    "weight_decay",
    "item_rate",
    "beta2",
    "clip",
    "schedule",
    "warmup_steps",
    "patience",
    "monitor",
    "term_rate",
)
"""Training settings that do not decide how long an epoch takes; every other one may."""


@dataclass(frozen=True)
class DurationEstimate:
    """How long an epoch of a run takes, the validation after it left out.

    Attributes
    ----------
    epoch_seconds : float
    basis : str
        "earlier runs", or "timed steps" where there were none like it.
    measured : int
        How many epochs or steps that rests on.
    """

    epoch_seconds: float
    basis: Literal["earlier runs", "timed steps"]
    measured: int


def from_earlier_runs(config: RunConfig, runs: Path) -> DurationEstimate | None:
    """Estimate from the epochs of the newest runs with the same data and shape on this machine.

    Parameters
    ----------
    config : RunConfig
    runs : Path
        Folder of the runs.

    Returns
    -------
    DurationEstimate or None
        None where there is no such run.
    """
    key = _speed_key(config)
    medians: list[float] = []
    for run in _newest_first(runs):
        if len(medians) >= MOST_RUNS:
            break
        try:
            launch = read_launch(run)
            here = launch is not None and launch.host == platform.node()
            if here and _speed_key(RunConfig.read(run / CONFIG_FILE)) == key:
                medians += [statistics.median(seconds)] if (seconds := _epoch_seconds(run)) else []
        except BadInput:
            continue  # a damaged run says nothing of speed
    return DurationEstimate(statistics.median(medians), "earlier runs", len(medians)) if medians else None


def by_timing(config: RunConfig, dataset: DataSet, budget: float = CALIBRATION_SECONDS) -> DurationEstimate:
    """Estimate by training for a moment in a folder that is thrown away.

    Parameters
    ----------
    config : RunConfig
    dataset : DataSet
    budget : float
        Seconds after which no further step is made; the first step, which takes longer, is not counted.

    Returns
    -------
    DurationEstimate
    """
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]), _threads_of_a_run():
        run = RunFolder(Path(folder) / "timed")
        run.begin(config, audited=False)
        events = train(run, dataset)
        steps, gaps = _timed(events, budget)
        events.close()  # type: ignore[attr-defined]
    return DurationEstimate(statistics.median(gaps) * steps, "timed steps", len(gaps))


@contextmanager
def _threads_of_a_run() -> Iterator[None]:
    """As many threads as a training process takes; a dashboard computes with fewer."""
    before = torch.get_num_threads()
    setting = os.environ.get("OMP_NUM_THREADS", "")
    torch.set_num_threads(int(setting) if setting.isdecimal() and int(setting) else len(os.sched_getaffinity(0)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _timed(events: Iterable[Event], budget: float) -> tuple[int, list[float]]:
    """Steps in an epoch, and seconds that single ones took, from the second on where there are two."""
    steps, began, stamps = 0, time.perf_counter(), list[float]()
    for event in events:
        now = time.perf_counter()
        if isinstance(event, RunStarted):
            steps, began = event.steps_per_epoch, now
        elif isinstance(event, StepDone):
            stamps.append(now)
        enough = now - began > budget * (1 if len(stamps) > LEAST_STEPS else 3)
        if enough or not isinstance(event, RunStarted | StepDone):
            break
    return steps, [after - before for before, after in pairwise(stamps)] or [stamps[0] - began]


def speed_settings(config: RunConfig) -> RunConfig:
    """The settings with everything left out that does not decide how long an epoch takes."""
    training = TrainingSettings.parse(config.training.model_dump(exclude=set(SPEED_NEUTRAL)), "settings")
    return config.model_copy(update={"name": "timed", "recipe": "", "command": "", "training": training})


def _speed_key(config: RunConfig) -> str:
    # As JSON, so that a list that was read from disk equals the tuple it was written from.
    return speed_settings(config).model_dump_json(exclude={"data": True, "reference": {"name"}})


def _newest_first(runs: Path) -> Iterable[Path]:
    return sorted(
        (file.parent for file in runs.glob(f"[!.]*/{EVENTS_FILE}")),
        key=lambda run: (run / EVENTS_FILE).stat().st_mtime,
        reverse=True,
    )


def _epoch_seconds(run: Path) -> list[float]:
    """Seconds of every epoch that a run has finished."""
    seconds = []
    for line in (run / EVENTS_FILE).read_bytes().splitlines():
        if line.startswith(EPOCH_LINE):
            try:
                event = EVENT.validate_json(line)
            except ValidationError:
                continue
            if isinstance(event, EpochDone):
                seconds.append(event.seconds)
    return seconds
