"""Progress reports: long work reports what it does, and a listener shows or stores it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float | None], None]
"""Takes what is being done, and the share of it that is done where that is known."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
_check: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


def report_progress(doing: str, share: float | None = None) -> None:
    """Report what is being done, such as "Reading log.csv"; raises what a check of `checked_progress` raises.

    Parameters
    ----------
    doing : str
    share : float or None
        How much of it is done, 0 to 1, where that is known.
    """
    if check := _check.get():
        check()
    listener = _listener.get()
    if listener is not None:
        listener(doing, share)


@contextmanager
def progress_listener(listener: Listener) -> Iterator[None]:
    """Within this block everything that is reported reaches the listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def checked_progress(check: Callable[[], None]) -> Iterator[None]:
    """Within this block `check` is called at every report and may stop the work by an error."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)
