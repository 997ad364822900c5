"""The process of a run: its status and launch files, whether it is alive, and how it is asked to stop."""

from __future__ import annotations

import os
import platform
import signal
from contextlib import suppress
from pathlib import Path
from typing import Literal

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput
from streamrec_core.unfinished import start_ticks

STATUS_FILE, LAUNCH_FILE, LOG_FILE = "status.json", "launch.json", "log.txt"
State = Literal["running", "stopped", "done", "failed"]
ENDED_SILENTLY = "the process ended without a message"


class Status(Settings):
    """Where a run stands; `pid` and `start_ticks` together name the process."""

    state: State
    epoch: int
    step: int
    pid: int
    start_ticks: int
    message: str = ""


class Launch(Settings):
    """The process that was last started for a run: `launch.json`, written before the run itself says a word.

    Attributes
    ----------
    host : str
        The machine, so that its speed is not taken for that of another.
    """

    pid: int
    start_ticks: int
    host: str

    @classmethod
    def of(cls, pid: int) -> Launch:
        """The launch of a process of this machine."""
        return cls(pid=pid, start_ticks=start_ticks(pid), host=platform.node())


def read_status(run: Path) -> Status | None:
    """Where the run in this folder stands; one whose process is gone counts as stopped. None before it began."""
    if not (run / STATUS_FILE).is_file():
        return None
    status = Status.read(run / STATUS_FILE)
    if status.state == "running" and start_ticks(status.pid) != status.start_ticks:
        return status.model_copy(update={"state": "stopped", "message": ENDED_SILENTLY})
    return status


def read_launch(run: Path) -> Launch | None:
    """The last process started for the run; None where nobody launched it."""
    return Launch.read(run / LAUNCH_FILE) if (run / LAUNCH_FILE).is_file() else None


def live_process(run: Path) -> Status | Launch | None:
    """The process that works on a run at this moment: one that said so, or one that is still starting."""
    with suppress(BadInput):  # a damaged file names no process
        status = read_status(run)
        if status is not None and status.state == "running":
            return status
    with suppress(BadInput):
        launch = read_launch(run)
        if launch is not None and launch.host == platform.node() and 0 < start_ticks(launch.pid) == launch.start_ticks:
            return launch
    return None


def terminate(run: Path) -> bool:
    """Ask the process of a run to end after its current step; whether there was one."""
    process = live_process(run)
    if process is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    return True
