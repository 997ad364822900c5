"""Report packs made by a background process (see `background.task`), one at a time on one machine.

A server that is set to read only writes nothing to the workspace: its packs lie in a temporary folder, from which they
can be downloaded until the server stops.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
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
from streamrec_core.config import Settings, read_only
from streamrec_core.data.presets import list_data
from streamrec_core.disk_faults import with_disk_faults
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.permissions import require_permission
from streamrec_core.report.pack import MANIFEST_FILE, packs_folder
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.signature import configured_key

MAKING = ".making"
KEPT_IN_PASSING = 8
"""Packs that a server set to read only holds at most; the oldest go."""
FORGOTTEN_SECONDS = 24 * 3600
"""A report whose outcome nobody fetched for so long is cleared away when the next one begins."""


class PackRequest(Settings):
    """What is to be made: names as the dashboard lists them, sizes, and the folder that the pack goes to."""

    data: str
    model: str
    folder: str
    settings: ReportSettings = ReportSettings()


class PackState(TaskState):
    """How far a pack is; at the end `message` is its name, or what went wrong."""

    stage: Literal["running", "failed", "done"] = "running"
    share: float = 0.0


@dataclass(frozen=True)
class Making(Task):
    """A pack that is being made, as it stands at this moment."""

    request: PackRequest
    state: PackState


@lru_cache(maxsize=1)
def _passing() -> Path:
    """A folder of this server alone."""
    folder = Path(tempfile.mkdtemp(prefix="streamrec-packs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def target_folder() -> Path:
    """Where packs go that are made here and now."""
    return _passing() if read_only() else packs_folder()


@with_disk_faults
def start_making(data: str, model: str, settings: ReportSettings, owner: str = "") -> Making:
    """Start making a report pack; gives the one that is under way where its owner requested the same already.

    Parameters
    ----------
    data : str
        Name of a data set.
    model : str
        Name of a model.
    settings : ReportSettings
    owner : str
        A name for whoever asks for it; empty: everybody.

    Returns
    -------
    Making

    Raises
    ------
    BadInput
        There is no such data set or model, another pack is being made, or the key to sign with cannot be used.
    Refused
        The role of the person does not allow it.
    """
    require_permission("building a report")
    if data not in list_data():
        raise BadInput(f"no data set {data!r}; there are {', '.join(list_data())}")
    for name in (model, settings.against):
        models = (*list_checkpoints(), *list_foreign_models().models)
        if name and name not in models:
            raise BadInput(f"no model {name!r}; there are {', '.join(models)}")
    configured_key()  # a key that cannot be used is told before a minute of measuring
    request = PackRequest(data=data, model=model, settings=settings, folder=str(target_folder()))
    folder = target_folder() / MAKING / hashlib.sha256(f"{owner}{request.model_dump_json()}".encode()).hexdigest()[:16]
    running = [making for making in list_making() if making.state.stage == "running"]
    same = next((making for making in running if making.folder == folder), None)
    if same is not None:
        return same
    if running:
        raise BadInput("another pack is being made already; wait until it is done")
    _clear(owner)
    folder.mkdir(parents=True, exist_ok=True)
    request.write(folder / REQUEST_FILE)
    start_task(folder, "streamrec_core.report.making_process", PackState(), owner)
    return _read(folder)


def list_making() -> tuple[Making, ...]:
    """Every pack that is being made or was made last, and is not dismissed."""
    packs = []
    for path in sorted((target_folder() / MAKING).glob(f"*/{STATE_FILE}")):
        with suppress(BadInput):  # removed by somebody else at this moment
            packs.append(_read(path.parent))
    return tuple(packs)


@with_disk_faults
def dismiss(making: Making) -> None:
    """Clear away what is over; raises `Refused` where the role of the person does not allow it."""
    require_permission("building a report")
    if _read(making.folder).state.stage != "running":
        shutil.rmtree(making.folder, ignore_errors=True)


def _read(folder: Path) -> Making:
    return Making(folder, PackRequest.read(folder / REQUEST_FILE), read_state(folder, PackState))


def _clear(owner: str) -> None:
    """What is over goes when its owner begins the next one, and from a server's own folder the oldest packs."""
    for making in list_making():
        if making.owner in ("", owner) or time.time() - making.changed > FORGOTTEN_SECONDS:
            dismiss(making)
    if read_only():
        packs = sorted(_passing().glob(f"[!.]*/{MANIFEST_FILE}"), key=lambda path: path.stat().st_mtime)
        for manifest in packs[: max(0, len(packs) - KEPT_IN_PASSING + 1)]:
            shutil.rmtree(manifest.parent, ignore_errors=True)
