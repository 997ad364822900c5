"""Worker processes of models of other libraries: started when needed, restarted after a fault, ended with the program.

One worker serves every visitor, one request after another. What goes wrong in it is one `BadInput` that names the model
and the fault; the next request starts it again, after repeated faults not before some time has passed.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from streamrec_core.adapters.models_file import ForeignModel
from streamrec_core.adapters.worker.messages import MOST_ARRAYS, PROTOCOL, Header
from streamrec_core.adapters.worker_pipes import Lost, TooLate, WorkerPipes
from streamrec_core.config import Settings
from streamrec_core.errors import BadInput

RETRY_SECONDS = (0.0, 5.0, 30.0, 120.0, 300.0)
"""How long after one, two, ... faults in a row the worker is not started again."""
SHOWN_CHARACTERS = 300
Reply = Callable[[Header, list[Any]], list[Any]]
"""Answers what a worker asks while a request runs."""


class Hello(Settings):
    """What a worker says first.

    Attributes
    ----------
    module : bool
        Whether there is a torch module, so that attention and gradients may be opened.
    parameters : int
        Figures in that module.
    """

    hello: Literal["streamrec"]
    protocol: int
    name: str
    max_events: int = Field(ge=1)
    item_ids: tuple[str, ...] = Field(min_length=1)
    module: bool
    parameters: int = Field(ge=0)


class ModelWorker:
    """The worker process of one model.

    Parameters
    ----------
    model : ForeignModel
        From the settings file.

    Attributes
    ----------
    fault : str
        Why it ended last; empty while it runs, and before it was started.
    items_hash : str
        Of what it said first; changes when its items do.
    starts : int
        How often it was started.
    """

    def __init__(self, model: ForeignModel) -> None:
        self.model = model
        self.fault = ""
        self._lock = threading.RLock()
        self._pipes: WorkerPipes | None = None
        self._hello: Hello | None = None
        self.items_hash = ""
        self.starts = 0
        self._opened: Header = {}
        self._requests = 0
        self._faults, self._not_before = 0, 0.0
        self._closed = False

    @property
    def last_hello(self) -> Hello | None:
        """What it said when it was last started; None before the first time."""
        return self._hello

    @property
    def pid(self) -> int | None:
        """Number of the process; None while none runs."""
        pipes = self._pipes
        return pipes.pid if pipes is not None else None

    def hello(self) -> Hello:
        """What it says first; starts it where it does not run.

        Raises
        ------
        BadInput
            It cannot be started, or what the model's function returns cannot be used.
        """
        with self._lock:
            self._running()
            assert self._hello is not None  # said at the start
            return self._hello

    def opened(self) -> Header:
        """What it offers beside scores; starts it where it does not run."""
        with self._lock:
            self._running()
            return self._opened

    def request(
        self, header: Header, arrays: Sequence[Any] = (), most: int = MOST_ARRAYS, reply: Reply | None = None
    ) -> list[Any]:
        """Have the worker do something.

        Parameters
        ----------
        header : dict
            `do` names it.
        arrays : sequence of numpy.ndarray
        most : int
            Bytes that the arrays of an answer may have.
        reply : callable or None
            Answers what the worker asks meanwhile.

        Returns
        -------
        list of numpy.ndarray

        Raises
        ------
        BadInput
            The model's function raised or returned what cannot be used, or the worker ended or hung.
        """
        with self._lock:
            return self._exchange(self._running(), header, arrays, most, reply)[1]

    def close(self) -> None:
        """End the process for good."""
        self._closed, pipes = True, self._pipes
        if pipes is not None:
            pipes.end()  # a request that runs fails, and lets go of the lock
        with self._lock:
            self._stop()

    def _running(self) -> WorkerPipes:
        if self._closed:
            raise BadInput(f"{self.model.name} was closed: its settings changed; open the page again")
        if self._pipes is None:
            wait = self._not_before - time.monotonic()
            if wait > 0:
                raise BadInput(f"{self.fault} (next try in {wait:.0f} s)")
            self._start()
        if self._pipes is None:
            raise BadInput(f"{self.model.name} was closed; open the page again")
        return self._pipes

    def _start(self) -> None:
        settings = self.model.settings
        if not Path(settings.folder).is_dir():
            raise self._failed("the folder in its settings does not exist; mend folder")
        try:
            self._pipes = WorkerPipes(settings)
        except OSError as error:
            name = Path(settings.python).name
            raise self._failed(f"{name} cannot be started: {error.strerror}; mend python in its settings") from None
        if self._closed:
            self._stop()
            return
        self.starts += 1
        deadline = time.monotonic() + settings.start_seconds
        try:
            header, _ = self._pipes.read(deadline, most=0)
        except TooLate:
            raise self._failed(
                f"{settings.model_from} was not loaded within {settings.start_seconds:g} seconds; make it faster or "
                "raise start_seconds"
            ) from None
        except Lost as lost:
            raise self._failed(f"{lost} while {settings.model_from} was loaded") from None
        if "error" in header:
            raise self._failed(_sentence(header), in_its_words=True)
        if header.get("protocol") != PROTOCOL:
            raise self._failed(
                f"the worker process speaks version {header.get('protocol')!r:.20} of the protocol, this dashboard "
                f"{PROTOCOL}; use the same StreamRec for both"
            )
        try:
            self._hello = Hello.parse(header, "the first message of the worker process")
        except BadInput as error:
            raise self._failed(f"{error.message:.300}") from None
        self.items_hash, self._opened = hash_of(self._hello), {}
        if self._hello.module:
            self._opened = self._exchange(self._pipes, {"do": "open"}, (), 0, None)[0]

    def _exchange(
        self, pipes: WorkerPipes, header: Header, arrays: Sequence[Any], most: int, reply: Reply | None
    ) -> tuple[Header, list[Any]]:
        seconds = self.model.settings.call_seconds
        what = {"score": "score(histories)", "open": "opening its torch module"}.get(header["do"], "its torch module")
        self._requests += 1
        try:
            answer, answered = self._answer(pipes, {**header, "id": self._requests}, arrays, most, reply)
        except TooLate:
            message = f"{what} has not returned within {seconds:g} seconds; make it faster or raise call_seconds"
            raise self._failed(message) from None
        except Lost as lost:
            raise self._failed(f"{lost} during {what}") from None
        except BaseException:  # of a reply: the worker still waits for it
            self._stop()
            raise
        if "error" in answer:
            raise BadInput(f"{self.model.name}: {_sentence(answer)}")
        self._faults, self.fault = 0, ""
        return answer, answered

    def _answer(
        self, pipes: WorkerPipes, header: Header, arrays: Sequence[Any], most: int, reply: Reply | None
    ) -> tuple[Header, list[Any]]:
        deadline = time.monotonic() + self.model.settings.call_seconds
        pipes.send(header, arrays, deadline)
        while True:
            answer, answered = pipes.read(deadline, most)
            if answer.get("id") != header["id"]:
                raise Lost("the worker process answered another request")
            if "ask" not in answer:
                return answer, answered
            if reply is None:
                raise Lost("the worker process asked what nobody can answer")
            since = time.monotonic()
            replied = reply(answer, answered)
            deadline += time.monotonic() - since  # the time of the dashboard is not the model's
            pipes.send({"do": "go on"}, replied, deadline)

    def _failed(self, message: str, in_its_words: bool = False) -> BadInput:
        """End a worker that is of no more use, and make the error; `in_its_words` where it gave the reason itself."""
        printed = "" if self._pipes is None else self._pipes.printed()
        self._stop()
        logging.getLogger(__name__).warning("%s: %s; it printed last: %s", self.model.name, message, printed)
        last = next((line.strip() for line in reversed(printed.split("\n")) if line.strip()), "")
        wait = RETRY_SECONDS[min(self._faults, len(RETRY_SECONDS) - 1)]
        self._faults, self._not_before = self._faults + 1, time.monotonic() + wait
        shown = "" if in_its_words or not last else f"; it last printed: {last[:SHOWN_CHARACTERS]}"
        self.fault = f"{self.model.name}: {message}{shown}"
        return BadInput(self.fault)

    def _stop(self) -> None:
        pipes, self._pipes = self._pipes, None
        if pipes is not None:
            pipes.kill()


def _sentence(answer: Header) -> str:
    """What the worker says is wrong, with the file and the line."""
    file, line = str(answer.get("path") or ""), answer.get("line")
    where = f" ({file.rsplit('/', 1)[-1]}{f', line {line}' if line else ''})" if file else ""
    return f"{str(answer['error'])[:1000]}{where}"


class ModelWorkers:
    """The workers of this program, one a model; that of a model whose settings changed is ended."""

    def __init__(self) -> None:
        self._workers: dict[str, ModelWorker] = {}
        self._lock = threading.Lock()

    def of(self, model: ForeignModel) -> ModelWorker:
        """The worker of a model, which need not run yet."""
        with self._lock:
            before = self._workers.get(model.name)
            if before is not None and before.model == model:
                return before
            worker = self._workers[model.name] = ModelWorker(model)
        if before is not None:
            before.close()
        return worker

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.close()


workers = ModelWorkers()
"""All of this program."""
atexit.register(workers.close)


def hash_of(hello: Hello) -> str:
    """SHA-256 of the item ids in their order, and of how many events are read."""
    digest = hashlib.sha256(f"{hello.max_events}\n".encode())
    for item in hello.item_ids:
        digest.update(f"{len(item)} {item}\n".encode())
    return digest.hexdigest()
