"""How the server asks glibc for memory: one arena for all threads, most arrays taken from it, what is free given back.

Streamlit runs every rerun in a thread of its own. By default glibc gives each thread that finds the others busy an
arena of its own (up to eight a core) and keeps in it what the largest computations left, so that a server whose records
do not grow still takes more memory the more visitors meet at the same moment; and it asks the system anew for most
arrays that are over 128 kB, which costs 6 to 9 % of a checked explanation. `benchmarks/malloc.py` measures both.

What is freed inside the arena stays the server's, so that the largest number of visitors who ever met decides how much
it holds. `keep_memory_flat` gives the pages that nothing lies on back to the system.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

ARENAS = 1
LARGE = 8 << 20
"""Bytes from which an array has pages of its own, which go back to the system when it is freed."""

# malloc.h: the number of the option, the environment variable by which the operator may have set it, the setting.
_OPTIONS = (
    (-8, "MALLOC_ARENA_MAX", ARENAS),
    (-3, "MALLOC_MMAP_THRESHOLD_", LARGE),
    (-1, "MALLOC_TRIM_THRESHOLD_", 4 * LARGE),
)


def limit_fragmentation() -> bool:
    """Set this for the whole process; what the environment sets stays.

    Returns
    -------
    bool
        Whether the C library takes such settings (glibc does; others are left as they are).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is None:
        return False
    return all(mallopt(option, setting) == 1 for option, variable, setting in _OPTIONS if variable not in os.environ)


def trimmer() -> Callable[[], bool] | None:
    """What gives free pages back to the system and says whether there were any; None where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    return None if trim is None else lambda: bool(trim(0))
