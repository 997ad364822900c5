"""Worker processes: several processes that share the tasks of one command and end with it.

Workers are started anew ("spawn"), not forked: a fork of a process in which torch, Arrow or DuckDB runs threads may
hang.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import ModuleType, TracebackType
from typing import Any, Generic, TypeVar

from streamrec_core.errors import BadInput, StreamRecError

TASKS_AHEAD = 2
"""Tasks of each worker that are handed out before their turn."""

Subject = TypeVar("Subject")
Chunk = TypeVar("Chunk")
Answer = TypeVar("Answer")

_worker: dict[str, Any] = {}
"""In a worker: how to open the subject that its tasks work on and, after its first task, the subject."""


class Workers(Generic[Subject]):
    """Processes that each open the same subject once and then do tasks on it; a context manager.

    They end when the block ends, also by an error or Ctrl-C, and when this process is killed.

    Parameters
    ----------
    open_subject : callable
        Called in every worker, before its first task; a function of a module (or `functools.partial` of one), since it
        is sent to another process.
    jobs : int
        How many processes.
    """

    def __init__(self, open_subject: Callable[[], Subject], jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        lifeline, self._held_end = context.Pipe(duplex=False)
        self._lifeline, self.jobs = lifeline, jobs
        self._pool = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(lifeline, open_subject))

    def map(self, task: Callable[[Subject, Chunk], Answer], chunks: Iterable[Chunk]) -> Iterator[Answer]:
        """Do a task for every chunk.

        Parameters
        ----------
        task : callable
            A function of a module: takes the subject and a chunk.
        chunks : iterable
            What each call takes; drawn from only a few calls ahead.

        Yields
        ------
        Answer
            Of each chunk, in the order of the chunks, whichever worker was first.

        Raises
        ------
        BadInput
            A worker was killed.
        StreamRecError
            A task failed.
        """
        pending: deque[Future[Answer]] = deque()
        try:
            for chunk in chunks:
                pending.append(self._submit(task, chunk))
                if len(pending) >= self.jobs * TASKS_AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise BadInput(
                "a worker process was killed, perhaps for lack of memory; run the same again, with fewer worker "
                "processes",
                fields=["jobs"],
            ) from None

    def _submit(self, task: Callable[[Subject, Chunk], Answer], chunk: Chunk) -> Future[Answer]:
        # Workers start while a task is submitted, and inherit that Ctrl-C is blocked: it reaches this process alone.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with without_main_script():
                return self._pool.submit(do_task, task, chunk)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __enter__(self) -> Workers[Subject]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held_end.close()  # workers end at once, whatever they are doing
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._lifeline.close()


def chunks_of(count: int, size: int) -> list[range]:
    """Cut the numbers 0 to count into ranges of one size; the last may be shorter.

    Parameters
    ----------
    count, size : int

    Returns
    -------
    list of range

    Examples
    --------
    >>> chunks_of(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


@contextmanager
def without_main_script() -> Iterator[None]:
    """Hide the main script from workers that start: each would run it anew, and no task is defined in it.

    The script of somebody who calls the package may lack `if __name__ == "__main__"`, and Streamlit's is a page.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _begin(lifeline: Connection, open_subject: Callable[[], Any]) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    begin_worker(open_subject)


def _end_with(lifeline: Connection) -> None:
    """End this process when nobody holds the other end of the pipe any more."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


def begin_worker(open_subject: Callable[[], Any]) -> None:
    """Make this process a worker: its first task opens the subject."""
    _worker["open"] = open_subject


def do_task(task: Callable[[Any, Any], Any], chunk: Any) -> Any:
    """Do a task in a worker.

    Parameters
    ----------
    task : callable
        Takes the worker's subject and the chunk.
    chunk : object

    Returns
    -------
    object
        What the task returns.

    Raises
    ------
    BadInput
        As the task raises it.
    StreamRecError
        For every other fault of the task but those of files and disks.
    """
    try:
        if "subject" not in _worker:  # not before the first task: a fault is then that of a task, with its message
            _worker["subject"] = _worker["open"]()
        return task(_worker["subject"], chunk)
    except (BadInput, OSError):
        raise
    except StreamRecError as error:
        raise StreamRecError(str(error), fields=error.fields) from None  # others may not survive the way back
    except Exception as error:
        raise StreamRecError(
            f"a worker process failed ({type(error).__name__}: {error}); run the same with one process to see where",
            fields=["jobs"],
        ) from error
