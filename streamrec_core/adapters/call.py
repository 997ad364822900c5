"""Call other people's functions: with a time limit, and with an error that names what happened and in which line."""

from __future__ import annotations

import inspect
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import torch

from streamrec_core.config import CALL_SECONDS, NumberVariable
from streamrec_core.errors import BadInput, StreamRecError


class Caller:
    """Calls functions one after another, in a thread of its own where there is a time limit.

    Parameters
    ----------
    time_limit : float or None
        Seconds a call may take; None: as long as it takes.
    variable : NumberVariable
        The environment variable that messages name.
    """

    def __init__(self, time_limit: float | None = None, variable: NumberVariable = CALL_SECONDS) -> None:
        self.time_limit, self._variable = time_limit, variable
        self._lock = threading.Lock()
        self._tasks: SimpleQueue[Callable[[], None]] | None = None

    def __call__(
        self,
        function: Callable[[], Any],
        what: str,
        source: Callable[..., Any],
        within: AbstractContextManager[None] | None = None,
    ) -> Any:
        """Call a function.

        Parameters
        ----------
        function : callable
        what : str
            What messages call it, such as `score(histories)`.
        source : callable
            The user's function inside, whose file messages name.
        within : context manager or None
            Entered before the call and left after it, also where the call does not come back in time.

        Returns
        -------
        Any
            What the function returned.

        Raises
        ------
        BadInput
            It raised, or took longer than the time limit.
        """
        with self._lock, within or nullcontext():
            returned, error = (_outcome(function)) if self.time_limit is None else self._in_thread(function, what)
        if isinstance(error, StreamRecError):
            raise error
        if error is not None:
            raise _fault(error, what, source) from error
        return returned

    def _in_thread(self, function: Callable[[], Any], what: str) -> tuple[Any, Exception | SystemExit | None]:
        outcomes: SimpleQueue[tuple[Any, Exception | SystemExit | None]] = SimpleQueue()
        # Modes of torch and context variables belong to a thread; the function must see those of its caller.
        context, grad, inference = copy_context(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()

        def task() -> None:
            with torch.inference_mode(inference), torch.set_grad_enabled(grad and not inference):
                outcomes.put(context.run(_outcome, function))

        if self._tasks is None:
            self._tasks = SimpleQueue()
            threading.Thread(target=_work, args=(self._tasks,), daemon=True, name="streamrec-scorer").start()
        self._tasks.put(task)
        try:
            return outcomes.get(timeout=self.time_limit)
        except Empty:
            self._tasks = None  # that thread is lost to the call; the next call gets another
            raise BadInput(
                f"{what} has not returned within {self.time_limit:g} seconds; make it faster or raise the time limit "
                f"(environment variable {self._variable.name})",
                fields=("time_limit",),
            ) from None


def _work(tasks: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        tasks.get()()


def _outcome(function: Callable[[], Any]) -> tuple[Any, Exception | SystemExit | None]:
    try:
        return function(), None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # other people's code may raise anything, or exit
        return None, error


def _fault(error: Exception | SystemExit, what: str, source: Callable[..., Any]) -> BadInput:
    """The error with its message and the last line of the user's file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    try:
        file = inspect.getsourcefile(inspect.unwrap(source)) or ""
    except TypeError:  # a callable object: its class has the source
        file = inspect.getsourcefile(type(source)) or ""
    frame = next((frame for frame in reversed(frames) if frame.filename == file), frames[-1])
    message = " ".join(str(error).split())
    if frame.filename == __file__:  # it was not entered, as where it wants arguments
        line = getattr(getattr(source, "__code__", None), "co_firstlineno", None)
        path = Path(file) if file else None
        return BadInput(f"{what} raised {type(error).__name__}: {message}", path=path, line=line)
    code = f" in `{frame.line}`" if frame.line else ""
    return BadInput(
        f"{what} raised {type(error).__name__}{f': {message}' if message else ''}{code}",
        path=Path(frame.filename),
        line=frame.lineno,
    )
