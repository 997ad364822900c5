"""How the server asks glibc for memory: one arena for all threads, most arrays taken from it, what is free given back.

Streamlit runs every rerun in a thread of its own. By default glibc gives each thread that finds the others busy an
arena of its own (up to eight a core) and keeps in it what the largest computations left, so that a server whose records
do not grow still takes more memory the more visitors meet at the same moment; and it asks the system anew for most
arrays that are over 128 kB, which costs 6 to 9 % of a checked explanation. `benchmarks/malloc.py` measures both.

`make run` and `streamrec dashboard` set this in the environment, since arenas stay that threads had before: Streamlit
begins some before it reads `app.py`, and later ones share theirs. A server that is started otherwise has these few.

What is freed inside an arena stays the server's, so that the largest number of visitors who ever met decides how much
it holds. `give_memory_back` gives the pages that nothing lies on back to the system.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

from streamrec_core.defaults import MALLOC

_OPTIONS = {"MALLOC_ARENA_MAX": -8, "MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1}
"""The number of each option in malloc.h."""


def limit_fragmentation() -> bool:
    """Set this for the whole process, and not for those that it starts; what the operator sets stays.

    Returns
    -------
    bool
        Whether the C library takes such settings (glibc does; others are left as they are).
    """
    for variable, setting in MALLOC.items():
        if os.environ.get(variable) == str(setting):
            del os.environ[variable]  # a training takes larger arrays, and few threads
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is None:
        return False
    unset = [variable for variable in MALLOC if variable not in os.environ]
    return all(mallopt(_OPTIONS[variable], MALLOC[variable]) == 1 for variable in unset)


def trimmer() -> Callable[[], bool] | None:
    """What gives free pages back to the system and says whether there were any; None where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    return None if trim is None else lambda: bool(trim(0))
