"""The line in which runs wait for their turn: names in a file that any process may change, one at a time.

Two locks guard it. The line's own is held for moments, by whoever reads and changes the names. The supervisor's is
held as long as one works through the line; it is taken and given back only under the first, so that no name can be
added in the moment when the last supervisor leaves.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput

LINE_FILE, LINE_LOCK, SUPERVISOR_LOCK = ".line.json", ".line.lock", ".supervisor.lock"


class Waiting(Settings):
    """Names of the runs that wait, the next one first: `.line.json` in the runs folder."""

    names: tuple[str, ...] = ()


@contextmanager
def changing(runs: Path) -> Iterator[None]:
    """Hold the line: nobody else adds to it, takes from it or starts a supervisor meanwhile."""
    runs.mkdir(parents=True, exist_ok=True)
    held = os.open(runs / LINE_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def waiting(runs: Path) -> tuple[str, ...]:
    """Names of the runs that wait, the next one first; a line that was damaged by hand counts as empty."""
    if not (runs / LINE_FILE).is_file():
        return ()
    try:
        return Waiting.read(runs / LINE_FILE).names
    except BadInput:
        return ()


def set_waiting(runs: Path, names: tuple[str, ...]) -> None:
    """Write the line; only while it is held, see `changing`."""
    Waiting(names=names).write(runs / LINE_FILE)


def take_supervision(runs: Path) -> int | None:
    """Become the one supervisor, only while the line is held; None where there is one already.

    Returns
    -------
    int
        An open file: closing it, or ending in any way, gives the place free.
    """
    held = os.open(runs / SUPERVISOR_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def is_supervised(runs: Path) -> bool:
    """Whether somebody works through the line, only while it is held."""
    held = take_supervision(runs)
    if held is None:
        return True
    os.close(held)
    return False
