"""Which process a run is: named by pid and start ticks together, so that a pid used again is not taken for it."""

from __future__ import annotations

import os
import platform
import signal
from contextlib import suppress
from pathlib import Path
from typing import Literal

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput

STATUS_FILE, LAUNCH_FILE, LOG_FILE = "status.json", "launch.json", "log.txt"
State = Literal["running", "stopped", "done", "failed"]
ENDED_SILENTLY = "the process ended without a word"


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
    found = Status.read(run / STATUS_FILE)
    if found.state == "running" and start_ticks(found.pid) != found.start_ticks:
        return found.model_copy(update={"state": "stopped", "message": ENDED_SILENTLY})
    return found


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
        if launch is not None and launch.host == platform.node() and _is_alive(launch):
            return launch
    return None


def terminate(run: Path) -> bool:
    """Ask the process of a run to end after its current step; whether there was one."""
    found = live_process(run)
    if found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    return True


def _is_alive(launch: Launch) -> bool:
    return launch.start_ticks != 0 and start_ticks(launch.pid) == launch.start_ticks


def start_ticks(pid: int) -> int:
    """When a process began, in clock ticks since boot; 0 where it is gone or the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0
    gone = fields[0] in "ZX"  # ended, and nobody has asked for its exit code yet
    return 0 if gone else int(fields[19])
