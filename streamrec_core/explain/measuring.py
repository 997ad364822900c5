"""Measurements of a model's explanations by a background process (see `background.task`), stored beside its card."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streamrec_core.adapters import list_foreign_models
from streamrec_core.background.task import (
    REQUEST_FILE,
    STATE_FILE,
    Task,
    TaskState,
    read_state,
    start_task,
)
from streamrec_core.config import Settings, workspace
from streamrec_core.data.presets import list_data
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.permissions import require_permission

FOLDER = ".measuring"
SESSIONS = 200
"""Test sessions that are drawn."""


class MeasureRequest(Settings):
    """What is to be measured: names of a data set and a model, and how many test sessions are drawn."""

    data: str
    model: str
    sessions: int = SESSIONS


class MeasureState(TaskState):
    """How far a measurement is; at the end `message` says what was stored, or what went wrong."""

    stage: Literal["running", "failed", "done"] = "running"
    share: float = 0.0


@dataclass(frozen=True)
class Measurement(Task):
    """A measurement as it stands at this moment."""

    request: MeasureRequest
    state: MeasureState


@with_disk_faults
def start_measuring(request: MeasureRequest, owner: str = "") -> Measurement:
    """Start measuring a model's explanations; gives the measurement under way where the same was requested already.

    Parameters
    ----------
    request : MeasureRequest
    owner : str
        A name for whoever asks for it; empty: everybody.

    Returns
    -------
    Measurement

    Raises
    ------
    Refused
        The program is set to read only.
    BadInput
        There is no such data set or model, or another measurement runs.
    """
    require_permission("measuring explanations")
    if request.data not in list_data():
        raise BadInput(f"no data set {request.data!r}; choose one of {', '.join(list_data())}")
    models = (*list_checkpoints(), *list_foreign_models().models)
    if request.model not in models:
        raise BadInput(f"no model {request.model!r}; choose one of {', '.join(models)}")
    folder = _folder() / hashlib.sha256(f"{request.data}\n{request.model}".encode()).hexdigest()[:16]
    running = [measurement for measurement in list_measurements() if measurement.state.stage == "running"]
    same = next((measurement for measurement in running if measurement.folder == folder), None)
    if same is not None:
        return same
    if running:
        raise BadInput("the explanations of another model are being measured; wait until that is done")
    folder.mkdir(parents=True, exist_ok=True)
    request.write(folder / REQUEST_FILE)
    start_task(folder, "streamrec_core.explain.measuring_process", MeasureState(), owner)
    return _read(folder)


def list_measurements() -> tuple[Measurement, ...]:
    """Every measurement that runs, or ended and is not dismissed."""
    measurements = []
    for path in sorted(_folder().glob(f"*/{STATE_FILE}")):
        with suppress(BadInput):  # removed by somebody else at this moment
            measurements.append(_read(path.parent))
    return tuple(measurements)


def is_being_measured(data: str, model: str) -> bool:
    """Whether the explanations of a model are being measured on a data set at this moment.

    Parameters
    ----------
    data, model : str
        Names.

    Returns
    -------
    bool
    """
    return any(
        measurement.state.stage == "running" and (measurement.request.data, measurement.request.model) == (data, model)
        for measurement in list_measurements()
    )


@with_disk_faults
def dismiss_measurement(measurement: Measurement) -> None:
    """Clear away a measurement that has ended; raises `Refused` where the role of the person does not allow it."""
    require_permission("clearing a measurement away")
    if _read(measurement.folder).state.stage != "running":
        shutil.rmtree(measurement.folder, ignore_errors=True)


def _folder() -> Path:
    return workspace() / FOLDER


def _read(folder: Path) -> Measurement:
    return Measurement(folder, MeasureRequest.read(folder / REQUEST_FILE), read_state(folder, MeasureState))
