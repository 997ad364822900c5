"""A task: one background process and its folder, with the request, the state, a lock held while it lives, and a log.

A task goes on when the visitor who started it closes the browser, and when the dashboard restarts.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, Field

from streamrec_core.background.locks import is_locked, wait_until_free
from streamrec_core.background.process import last_line, start_detached
from streamrec_core.config import Settings
from streamrec_core.errors import BadInput
from streamrec_core.files import write_atomically

REQUEST_FILE, STATE_FILE, LOCK_FILE, LOG_FILE, PID_FILE = "request.json", "state.json", "lock", "log.txt", "pid"
OWNER_FILE = "owner"
GRACE_SECONDS = 3.0
"""How long a stopped task may tidy up before it is killed."""
WRITE_SECONDS = 0.3
"""Progress is written at most this often."""


class TaskState(Settings):
    """How far a task is: `state.json`.

    Attributes
    ----------
    stage : str
        running, failed or done; a kind of task may have others.
    message : str
        What is being done, what went wrong, or what was made; stored as `said`.
    share : float or None
        Share of the work that is done, where it is known.
    """

    model_config = ConfigDict(populate_by_name=True)

    stage: str = "running"
    message: str = Field("Starting", validation_alias="said", serialization_alias="said")
    share: float | None = None


@dataclass(frozen=True)
class Task:
    """A task as it stands at this moment; each kind of task adds its request and its state.

    Attributes
    ----------
    folder : Path
        Of its files.
    """

    folder: Path

    @property
    def started(self) -> float:
        """When it was requested, in seconds since 1970."""
        return file_time(self.folder / REQUEST_FILE)

    @property
    def changed(self) -> float:
        """When its state was last written, in seconds since 1970; of a task that is over, when it ended."""
        return file_time(self.folder / STATE_FILE)

    @property
    def owner(self) -> str:
        """Who asked for it; empty: everybody."""
        return task_owner(self.folder)


State = TypeVar("State", bound=TaskState)


def start_task(folder: Path, module: str, state: TaskState, owner: str | None = None) -> None:
    """Start `python -m MODULE FOLDER` for the request in the folder.

    Parameters
    ----------
    folder : Path
    module : str
        Reads the request, writes the state.
    state : TaskState
        The state until the process writes one.
    owner : str or None
        A name for whoever asked for it; empty: everybody. None: whoever it belonged to before.
    """
    if owner is not None:
        write_atomically(folder / OWNER_FILE, owner)
    state.write(folder / STATE_FILE)
    with (folder / LOCK_FILE).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits for an earlier process of this folder, which is ending
        child = start_detached([module, str(folder)], folder / LOG_FILE, lock=lock.fileno())
    write_atomically(folder / PID_FILE, str(child.pid))


def task_owner(folder: Path) -> str:
    """Who asked for a task; empty where it belongs to everybody."""
    try:
        return (folder / OWNER_FILE).read_text(encoding="utf-8")
    except OSError:  # there is none, or somebody else removed the folder at this moment
        return ""


def is_running(folder: Path) -> bool:
    """Whether the process of the task is alive, whoever started it."""
    return is_locked(folder / LOCK_FILE)


def read_state(folder: Path, kind: type[State]) -> State:
    """The state of a task; one whose process ended without a final state has failed.

    Parameters
    ----------
    folder : Path
    kind : type of TaskState

    Returns
    -------
    TaskState
        Of that kind.

    Raises
    ------
    BadInput
        The folder has no readable state.
    """
    running = is_running(folder)  # before the state is read: what ends meanwhile has written its final state
    state = kind.read(folder / STATE_FILE)
    if state.stage != "running" or running:
        return state
    line = last_line(folder / LOG_FILE)[:300]
    reason = f"Last line of its log: {line}" if line else "There may not have been enough memory."
    return kind(stage="failed", message=f"It ended before it was done. {reason}")


def file_time(path: Path) -> float:
    """When a file was last written, in seconds since 1970; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:  # it does not exist, or somebody else removed it at this moment
        return 0.0


def stop_task(folder: Path) -> bool:
    """End the process of a task and whatever it started; kill it where it does not end within `GRACE_SECONDS`.

    Returns
    -------
    bool
        Whether it was killed, so that it could not tidy up.

    Raises
    ------
    BadInput
        The process cannot be ended from here.
    """
    # While the lock is held the process lives, so its id cannot belong to another process.
    _signal(folder, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while is_running(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    if not is_running(folder):
        return False
    _signal(folder, signal.SIGKILL)
    wait_until_free(folder / LOCK_FILE)
    return True


def progress_writer(
    folder: Path, state: Callable[[str, float | None], TaskState]
) -> Callable[[str, float | None], None]:
    """A listener that writes progress to the state file, seldom enough to cost nothing.

    Parameters
    ----------
    folder : Path
    state : callable
        Makes the state from what is being done and its share.

    Returns
    -------
    callable
        Takes what is being done, and its share where that is known.
    """
    latest, next_write = "", 0.0

    def write(activity: str, share: float | None) -> None:
        nonlocal latest, next_write
        now = time.monotonic()
        if activity != latest or now >= next_write:
            state(activity, share).write(folder / STATE_FILE)
            latest, next_write = activity, now + WRITE_SECONDS

    return write


def _signal(folder: Path, number: signal.Signals) -> None:
    """To the process group that the task leads."""
    try:
        os.killpg(int((folder / PID_FILE).read_text(encoding="ascii")), number)
    except ProcessLookupError:  # it ended at this moment
        return
    except (OSError, ValueError):
        raise BadInput("the process cannot be ended from here; it belongs to another user or machine") from None
