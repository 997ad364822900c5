"""Turns: as many explanations are computed at the same moment as there are cores; other visitors wait for theirs.

All threads of the server share one interpreter. When more of them compute than there are cores, each needs more of the
processor, all finish late, and what they hold meanwhile adds up: `benchmarks/turns.py` measures it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pages.ui.workbench import Workbench

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_turns = threading.BoundedSemaphore(CORES)


@contextmanager
def turn_to_compute(bench: Workbench) -> Iterator[None]:
    """Wait for a turn, and give it back afterwards, also after an error.

    Whoever has one asks no cache for anything: another visitor may hold the cache and wait for a turn.
    A model of another library has a process of its own, of any speed: nobody waits for it but who asked.
    """
    if bench.foreign:
        yield
        return
    with _turns:
        yield
