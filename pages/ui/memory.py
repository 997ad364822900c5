"""Memory of the server: every ten seconds it gives back what is free and drops locks that nobody needs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pages.ui.cache_locks import drop_free_locks
from pages.ui.malloc import trimmer

SECONDS = 10.0


def give_memory_back() -> None:
    """Do so from now on, in a thread of its own, which does not hold the interpreter while memory is given back."""
    acts = (drop_free_locks, trimmer())
    arguments = (tuple(act for act in acts if act is not None), threading.Event())
    threading.Thread(target=_repeat, args=arguments, name="memory", daemon=True).start()


def _repeat(acts: tuple[Callable[[], object], ...], stopped: threading.Event) -> None:
    while not stopped.wait(SECONDS):
        for act in acts:
            act()
