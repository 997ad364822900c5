"""The supervisor: a small background process that starts the queued runs one after another and records how they end.

It needs no browser and no dashboard. Where it is killed, the run goes on by itself, and the next look at the queue
(by a dashboard or a command) starts another supervisor, which waits for that run first. Run as
`python -m streamrec_core.training.supervisor RUNS_FOLDER`; without torch, so that it costs next to nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from streamrec_core.background.process import last_line, start_detached
from streamrec_core.background.queue import become_supervisor, queue_locked, queued_runs, set_queued_runs
from streamrec_core.config import runs_at_once
from streamrec_core.errors import BadInput
from streamrec_core.training.process import (
    LAUNCH_FILE,
    LOG_FILE,
    STATUS_FILE,
    Launch,
    Status,
    live_process,
    read_status,
)

LOOK_SECONDS = 0.3
NICENESS = 5
"""Training gives way to the pages that people wait for."""
KILLED = "the process was killed (signal {number}); often the machine ran out of memory"
STOPPED_EARLY = "stopped before its first step"


def supervise(runs: Path) -> None:
    """Work through the queue until nothing waits or runs; ends at once where another supervisor does so already."""
    with queue_locked(runs):
        lock = become_supervisor(runs)
    if lock is None:
        return
    children: dict[str, subprocess.Popen[bytes]] = {}
    while _look(runs, children, lock):
        time.sleep(LOOK_SECONDS)


def _look(runs: Path, children: dict[str, subprocess.Popen[bytes]], lock: int) -> bool:
    """See who has ended, start who is next; False once nothing is left to do and the lock is released."""
    for name, child in tuple(children.items()):
        code = child.poll()
        if code is not None:
            del children[name]
            settle(runs / name, child.pid, code)
    with queue_locked(runs):
        names = queued_runs(runs)
        if not names and not children:
            os.close(lock)
            return False
        if names and len(going_on(runs)) < runs_at_once():
            with suppress(OSError):  # a run that cannot be started must not hold up those behind it
                if live_process(runs / names[0]) is None:
                    children[names[0]] = launch(runs / names[0])
            set_queued_runs(runs, names[1:])
    return True


def going_on(runs: Path) -> tuple[str, ...]:
    """Names of the runs that a process works on, also of those that a terminal started in this folder."""
    return tuple(sorted(path.name for path in runs.glob("[!.]*") if path.is_dir() and live_process(path) is not None))


def launch(run: Path) -> subprocess.Popen[bytes]:
    """Start the process of a run; what it says on standard output and error goes to its `log.txt`."""
    arguments = ["streamrec_core", "train", "--run", str(run), "--resume", "--json"]
    child = start_detached(arguments, run / LOG_FILE, append=True)
    Launch.of(child.pid).write(run / LAUNCH_FILE)
    return child


def settle(run: Path, pid: int, code: int) -> None:
    """Record how a run ended where its process could not record it.

    Parameters
    ----------
    run : Path
    pid : int
        Of the process.
    code : int
        Its exit code; the negative signal number where a signal ended it.
    """
    if code == 0 or not run.is_dir() or live_process(run) is not None:
        return
    before = None
    with suppress(BadInput):  # a damaged status is written anew
        before = read_status(run)
    if before is not None and before.state == "failed" and before.pid == pid:
        return
    by_request = code == -signal.SIGTERM
    Status(
        state="stopped" if by_request else "failed",
        epoch=before.epoch if before else 1,
        step=before.step if before else 0,
        pid=pid,
        start_ticks=0,
        message=STOPPED_EARLY if by_request else _reason(run, code),
    ).write(run / STATUS_FILE)


def _reason(run: Path, code: int) -> str:
    """Why a process ended: the signal that ended it, else the last line it wrote."""
    if code < 0:
        return KILLED.format(number=-code)
    return last_line(run / LOG_FILE).removeprefix("error: ") or f"the process ended with exit code {code}"


if __name__ == "__main__":
    os.nice(NICENESS)
    supervise(Path(sys.argv[1]))
