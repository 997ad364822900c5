"""The allocator of Arrow: one that gives memory back to the system, for processes that read large logs."""

from __future__ import annotations

import pyarrow as pa


def use_returning_allocator() -> None:
    """Let Arrow use jemalloc in this process, where it has it: its default holds a third more of a large log.

    For programs only: a library must not change what its host has chosen.
    """
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
