"""Locks of Streamlit's caches: one for every key that was ever computed; those that nobody holds are dropped here.

A cache forgets its oldest results, but never their locks: some 200 bytes for each session that a visitor opens.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import Any

from streamlit.runtime.caching.cache_data_api import _data_caches
from streamlit.runtime.caching.cache_resource_api import _resource_caches


def drop_free_locks() -> int:
    """Drop the locks of all caches that no computation holds; a result that is kept needs none.

    Whoever has taken a lock out but does not hold it yet computes beside the next one, both to the same result.

    Returns
    -------
    int
        How many were dropped.
    """
    dropped = 0
    with suppress(AttributeError):  # names of Streamlit's own, which another version may not have
        for cache in _caches():
            dropped += _drop_free(cache)
    return dropped


def _caches() -> list[Any]:
    """Every cached function's cache; several where each visitor has one of their own."""
    registries: tuple[Any, ...] = (_data_caches, _resource_caches)
    caches: list[Any] = []
    for registry in registries:
        with registry._caches_lock:
            caches += chain.from_iterable(by_function.values() for by_function in registry._function_caches.values())
    return caches


def _drop_free(cache: Any) -> int:
    with cache._value_locks_lock:
        free = [key for key, lock in cache._value_locks.items() if not lock.locked()]
        for key in free:
            del cache._value_locks[key]
    return len(free)
