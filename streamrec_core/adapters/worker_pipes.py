"""A started worker process and its pipes: send and read within a deadline, the end of what it printed, and its end."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from streamrec_core.adapters.models_file import ForeignModelSettings
from streamrec_core.adapters.worker.messages import Header, decode, encode
from streamrec_core.config import PACKAGE

PRINTED_BYTES = 4_000
PIECE = 1 << 20
NOT_PASSED_ON = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Environment variables that are about the Python of the dashboard."""


class Lost(Exception):
    """The worker ended, or sent something that is no answer; the message says which."""


class TooLate(Exception):
    """A deadline passed."""


class WorkerPipes:
    """One process, in a process group of its own.

    Parameters
    ----------
    settings : ForeignModelSettings

    Raises
    ------
    OSError
        There is no such Python or folder, or it cannot be started.
    """

    def __init__(self, settings: ForeignModelSettings) -> None:
        arguments = {"model_from": settings.model_from, "core": str(PACKAGE)}
        self._process = subprocess.Popen(
            [settings.python, str(PACKAGE / "adapters" / "worker"), json.dumps(arguments)],
            cwd=settings.folder,
            env={name: text for name, text in os.environ.items() if name not in NOT_PASSED_ON},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # a pipe, as the output is
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._printed = bytearray()
        self._drain = threading.Thread(target=self._read_printed, name="streamrec-worker-output", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Number of the process, which is also that of its group."""
        return self._process.pid

    def send(self, header: Header, arrays: Sequence[Any], deadline: float) -> None:
        """Send a message.

        Parameters
        ----------
        header : dict
        arrays : sequence of numpy.ndarray
        deadline : float
            By `time.monotonic`.

        Raises
        ------
        Lost
            The worker ended.
        TooLate
        """
        for part in encode(header, arrays):
            view = memoryview(part)
            while view:
                _wait(self._to, select.POLLOUT, deadline)
                try:
                    view = view[os.write(self._to, view[:PIECE]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise Lost(self._how_it_ended()) from None

    def read(self, deadline: float, most: int) -> tuple[Header, list[Any]]:
        """Read a message.

        Parameters
        ----------
        deadline : float
            By `time.monotonic`.
        most : int
            Bytes that its arrays may have.

        Returns
        -------
        (dict, list of numpy.ndarray)

        Raises
        ------
        Lost
            The worker ended, or sent something else.
        TooLate
        """
        try:
            return decode(lambda size: self._read_bytes(size, deadline), most)
        except ValueError as error:
            reason = "sent no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
            raise Lost(f"the worker process {reason}") from None

    def _read_bytes(self, size: int, deadline: float) -> bytearray:
        content = bytearray()
        while len(content) < size:
            _wait(self._from, select.POLLIN, deadline)
            try:
                piece = os.read(self._from, min(size - len(content), PIECE))
            except BlockingIOError:
                continue
            if not piece:
                raise Lost(self._how_it_ended())
            content += piece
        return content

    def _how_it_ended(self) -> str:
        """How the process ended, waiting a little for it."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=1.0)
            how = f"with exit code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"
            return f"the worker process ended {how}"
        return "the worker process closed its pipe"

    def printed(self) -> str:
        """The end of what it printed."""
        self._drain.join(timeout=0.2)
        return bytes(self._printed).decode("utf-8", errors="replace")

    def _read_printed(self) -> None:
        assert self._process.stderr is not None
        with suppress(OSError, ValueError):  # closed meanwhile
            while piece := os.read(self._process.stderr.fileno(), PRINTED_BYTES):
                self._printed += piece
                del self._printed[:-PRINTED_BYTES]

    def end(self) -> None:
        """End the process and every process that it started; the pipes stay open for whoever waits at them."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process, and close the pipes."""
        self.end()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5.0)
        self._drain.join(timeout=1.0)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _wait(descriptor: int, event: int, deadline: float) -> None:
    """Wait until a pipe can be used; raises `TooLate` after the deadline."""
    poll = select.poll()
    poll.register(descriptor, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TooLate
