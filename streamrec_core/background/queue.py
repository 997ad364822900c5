"""The queue of runs: names in a file of a folder that any process may change, one process at a time.

Two locks guard it. The queue's lock is held for moments, by whoever reads and changes the names. The supervisor's is
held as long as one works through the queue; it is taken and released only under the first, so that no name can be
added in the moment when the last supervisor leaves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamrec_core.background.locks import locked, try_lock
from streamrec_core.config import Settings
from streamrec_core.errors import BadInput

QUEUE_FILE, QUEUE_LOCK, SUPERVISOR_LOCK = ".line.json", ".line.lock", ".supervisor.lock"


class Queue(Settings):
    """Names of the runs that wait, the next one first: `.line.json` in the runs folder."""

    names: tuple[str, ...] = ()


@contextmanager
def queue_locked(folder: Path) -> Iterator[None]:
    """Within this block nobody else adds to the queue, takes from it or starts a supervisor."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / QUEUE_LOCK):
        yield


def queued_runs(folder: Path) -> tuple[str, ...]:
    """Names of the runs that wait, the next one first; a file that was damaged by hand counts as empty."""
    if not (folder / QUEUE_FILE).is_file():
        return ()
    try:
        return Queue.read(folder / QUEUE_FILE).names
    except BadInput:
        return ()


def set_queued_runs(folder: Path, names: tuple[str, ...]) -> None:
    """Write the queue; only within `queue_locked`.

    Parameters
    ----------
    folder : Path
    names : tuple of str
        The next one first.
    """
    Queue(names=names).write(folder / QUEUE_FILE)


def become_supervisor(folder: Path) -> int | None:
    """Take the supervisor's lock; only within `queue_locked`.

    Returns
    -------
    int or None
        Descriptor of the lock: closing it, or the end of the process, releases it. None where there is a supervisor
        already.
    """
    return try_lock(folder / SUPERVISOR_LOCK)


def is_supervised(folder: Path) -> bool:
    """Whether a supervisor works through the queue; only within `queue_locked`."""
    lock = become_supervisor(folder)
    if lock is None:
        return True
    os.close(lock)
    return False
