"""A process of its own, watched through a folder: it holds a lock as long as it lives, and leaves its last words."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from streamrec_core.config import PROJECT

LOCK_FILE, LOG_FILE = "lock", "log.txt"
_children: list[subprocess.Popen[bytes]] = []


def begin(folder: Path, module: str) -> int:
    """Start `python -m MODULE FOLDER`, which goes on when this program ends; gives its process id."""
    command = [sys.executable, "-m", module, str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path[1:]])}
    with (folder / LOCK_FILE).open("wb") as lock, (folder / LOG_FILE).open("wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits until the process before, which is over, has let go
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
    _children.append(child)
    return child.pid


def reap() -> None:
    """Forget children that have ended, so that they do not stay zombies."""
    _children[:] = [child for child in _children if child.poll() is None]


def alive(folder: Path) -> bool:
    """Whether the process of this folder still runs, whoever started it."""
    try:
        with (folder / LOCK_FILE).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def last_words(folder: Path) -> str:
    """The last line that the process wrote; a guess where it wrote none."""
    log = folder / LOG_FILE
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
    return f"Its last words: {lines[-1][:300]}" if lines else "Perhaps there was not enough memory."
