"""Workers on a Ray cluster: the same tasks as those of `Workers`, on one machine or many.

Each worker is an actor that holds the subject while its tasks come and go, since one command has several kinds of them
(ranks, explanations, parameters). A worker that dies, with its machine or for lack of memory, is replaced, and what it
was doing is done again by another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Generic

from streamrec_core.background.ray_cluster import check_versions, connected, versions
from streamrec_core.background.workers import TASKS_AHEAD, Answer, Chunk, Subject, begin_worker, do_task
from streamrec_core.errors import BadInput, StreamRecError

CHUNKS_AHEAD = 4
"""Chunks a worker that may be done before an earlier one is."""
DEATHS = 3
"""Workers that may die at one chunk, or while they start, before the command gives up."""
START_SECONDS = 300.0
"""How long the command waits for a first worker."""


class _Worker:
    """A process of the cluster; opens the subject before its first task."""

    def __init__(self, open_subject: Callable[..., Any], *stored: Any) -> None:
        begin_worker(partial(open_subject, *stored))

    def versions(self) -> dict[str, str]:
        return versions()

    def do(self, task: Callable[[Any, Any], Any], chunk: Any) -> tuple[Any, Exception | None]:
        try:
            return do_task(task, chunk), None
        except (StreamRecError, OSError) as error:  # as a value: Ray would put its own traceback into the message
            return None, error


@dataclass(eq=False)
class _Attempt:
    """A chunk in work, or to be done again."""

    number: int
    chunk: Any
    deaths: int = 0
    actor: Any = None


@dataclass(eq=False)
class _Progress:
    """How far one call of `map` has come."""

    coming: Iterator[Any]
    next_number: int = 0
    first_open: int = 0
    again: deque[_Attempt] = field(default_factory=deque)
    running: dict[Any, _Attempt] = field(default_factory=dict)
    answers: dict[int, Any] = field(default_factory=dict)
    exhausted: bool = False

    def next_attempt(self, most_ahead: int) -> _Attempt | None:
        """What is to be done next: first what a dead worker left; None where there is nothing, or too much waits."""
        if self.again:
            return self.again.popleft()
        if self.exhausted or self.next_number >= self.first_open + most_ahead:
            return None
        try:
            attempt = _Attempt(self.next_number, next(self.coming))
        except StopIteration:
            self.exhausted = True
            return None
        self.next_number += 1
        return attempt

    def in_order(self) -> Iterator[Any]:
        """Answers whose turn it is."""
        while self.first_open in self.answers:
            yield self.answers.pop(self.first_open)
            self.first_open += 1


class RayWorkers(Generic[Subject]):
    """Processes of a Ray cluster that each open the same subject once and then do tasks on it; a context manager.

    Parameters
    ----------
    open_subject : callable
        Called in every worker, before its first task, with what is stored; a function of a module (or
        `functools.partial` of one).
    stored : tuple
        What workers need of this process, sent to each machine once.
    jobs : int
        How many workers, of one processor each.
    address : str or None
        As for `Engine`.
    """

    def __init__(
        self, open_subject: Callable[..., Subject], stored: tuple[Any, ...], jobs: int, address: str | None = None
    ) -> None:
        self._open_subject, self._stored, self.jobs, self._address = open_subject, stored, jobs, address
        self._ready: list[Any] = []
        self._starting: dict[Any, Any] = {}
        self._failed_starts = 0
        self._block = ExitStack()

    def __enter__(self) -> RayWorkers[Subject]:
        import ray

        self._block.enter_context(connected(self._address, self.jobs))
        self._references = [ray.put(value) for value in self._stored]
        for _ in range(self.jobs):
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        for actor in (*self._ready, *self._starting.values()):
            ray.kill(actor)
        self._ready, self._starting, self._references = [], {}, []
        self._block.close()

    def map(self, task: Callable[[Subject, Chunk], Answer], chunks: Iterable[Chunk]) -> Iterator[Answer]:
        """Do a task for every chunk, as `Workers.map` does on this machine.

        Parameters
        ----------
        task, chunks
            As for `Workers.map`, and so are the answers.

        Raises
        ------
        BadInput
            The cluster has no worker to spare, or several died at the same chunk.
        StreamRecError
            A task failed.
        """
        progress = _Progress(iter(chunks))
        while True:
            self._hand_out(task, progress)
            if not progress.running and progress.exhausted and not progress.again:
                return
            self._collect(progress)
            yield from progress.in_order()

    def _start(self) -> None:
        import ray

        actor = ray.remote(num_cpus=1)(_Worker).remote(self._open_subject, *self._references)
        self._starting[actor.versions.remote()] = actor

    def _hand_out(self, task: Callable[[Any, Any], Any], progress: _Progress) -> None:
        """Give every worker something to do, and a little more so that it need not wait for this process."""
        busy = [attempt.actor for attempt in progress.running.values()]
        for load in range(TASKS_AHEAD):
            for actor in self._ready:
                if busy.count(actor) > load:
                    continue
                attempt = progress.next_attempt(self.jobs * CHUNKS_AHEAD)
                if attempt is None:
                    return
                attempt.actor = actor
                progress.running[actor.do.remote(task, attempt.chunk)] = attempt
                busy.append(actor)

    def _collect(self, progress: _Progress) -> None:
        """Wait until a worker has started, done a task, or died."""
        import ray

        waiting = [*progress.running, *self._starting]
        done, _ = ray.wait(waiting, timeout=None if progress.running else START_SECONDS)
        if not done:
            raise BadInput(
                f"the Ray cluster had no processor to spare for {START_SECONDS:.0f} seconds; try again later, or on a "
                "larger cluster"
            )
        for reference in done:
            if reference in self._starting:
                self._join(reference)
            else:
                self._take(progress, reference)

    def _join(self, reference: Any) -> None:
        """A worker has started, or failed to."""
        import ray

        actor = self._starting.pop(reference)
        try:
            check_versions(ray.get(reference))
        except ray.exceptions.RayError as error:
            self._failed_starts += 1
            if self._failed_starts >= DEATHS:
                lines = str(error).strip().splitlines()
                raise BadInput(
                    f"a worker of the Ray cluster cannot start ({lines[-1].strip()}); install streamrec[ray] in this "
                    "version on every machine of the cluster"
                ) from None
            self._start()
            return
        self._ready.append(actor)

    def _take(self, progress: _Progress, reference: Any) -> None:
        """Take the answer of a worker; of a dead one, take back what it was to do, and start another in its stead."""
        import ray

        attempt = progress.running.pop(reference)
        try:
            answer, error = ray.get(reference)
        except ray.exceptions.RayError:
            attempt.deaths += 1
            if attempt.deaths >= DEATHS:
                raise BadInput(
                    f"{DEATHS} workers of the Ray cluster died at the same piece of work, perhaps for lack of memory; "
                    "run the same again on machines with more memory"
                ) from None
            if attempt.actor in self._ready:
                self._ready.remove(attempt.actor)
                self._start()
            progress.again.append(attempt)
            return
        if error is not None:
            raise error
        progress.answers[attempt.number] = answer
