"""Detached child processes: start one that outlives this program, tell whether it is alive, read the end of its log."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from streamrec_core.config import PROJECT
from streamrec_core.permissions import ACTOR, actor_name

LOG_BYTES = 4_000


def start_detached(
    arguments: Sequence[str], log: Path, append: bool = False, lock: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m ARGUMENTS` in a session of its own, so that it goes on when this program ends.

    Parameters
    ----------
    arguments : sequence of str
        Module and its arguments.
    log : Path
        File that receives standard output and standard error.
    append : bool
        Keep what the file holds already.
    lock : int or None
        Descriptor of a locked file that the child inherits: the lock is held as long as the child lives.

    Returns
    -------
    subprocess.Popen
        The child. A thread waits for its end, so that it never stays a zombie.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path[1:]]), ACTOR: actor_name()}
    with log.open("ab" if append else "wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
    threading.Thread(target=child.wait, name=f"wait-{child.pid}", daemon=True).start()
    return child


def log_tail(log: Path) -> str:
    """The last `LOG_BYTES` of a log as text; empty where there is no log."""
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_BYTES))
        return file.read().decode("utf-8", errors="replace")


def last_line(log: Path) -> str:
    """The last line of a log that is not blank; empty where there is none."""
    return next((line.strip() for line in reversed(log_tail(log).splitlines()) if line.strip()), "")
