"""Forked children with a fault of the disk in wait for them, by the shim in faults.c."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIM = "STREAMREC_CHAOS_SHIM"
"""Variable with the path of the compiled shim; set where this process has it loaded."""
KILL = 0
PATIENCE_SECONDS = 180.0
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Fault:
    """What happens below the workspace from the operation `strike` on (from 1; 0: operations are only counted).

    Attributes
    ----------
    error : int
        Number of the error that operations fail with; `KILL`: the process is killed there.
    """

    strike: int = 0
    error: int = KILL


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes
    ----------
    killed : bool
        By the fault.
    operations : int
        File operations that it did; of a killed child 0.
    value : Any
        What its work returned, as JSON reads it; None where it raised or returned no JSON value.
    error : str
        What it raised, with the traceback where it is no `StreamRecError` or `SystemExit`.
    words : str
        Its standard output and error.
    """

    killed: bool
    operations: int
    value: Any
    error: str
    words: str

    def answer(self) -> list[str]:
        """The faults that the work returned, or what it raised as one."""
        return [self.error] if self.error else list(self.value)


def with_shim() -> None:
    """Start this program anew with the shim loaded, unless it is."""
    if SHIM in os.environ:
        return
    shim = Path(tempfile.mkdtemp(prefix="streamrec-chaos-")) / "faults.so"
    source = Path(__file__).with_name("faults.c")
    try:
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    except FileNotFoundError:
        sys.exit("a C compiler (cc) is needed; install one, as with: apt-get install gcc libc6-dev")
    environment = os.environ | {SHIM: str(shim), "LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1"}
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks.chaos", *sys.argv[1:]], environment)


def run_in_child(work: Callable[[], Any], workspace: Path, fault: Fault | None = None) -> Ended:
    """Do some work in a forked child that has the workspace.

    Parameters
    ----------
    work : callable
        What it returns comes back as JSON: tuples as lists, other objects as None.
    workspace : Path
    fault : Fault or None

    Returns
    -------
    Ended
    """
    with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as answer:
        child = os.fork()
        if not child:
            _work(work, workspace, fault, words.fileno(), answer.fileno())
        code = _wait(child)
        words.seek(0)
        answer.seek(0)
        text = words.read().decode(errors="replace")
        if code in (-signal.SIGKILL, -signal.SIGALRM):
            return Ended(True, 0, None, "", text)
        try:
            operations, value, error = json.loads(answer.read())
        except ValueError:
            operations, value, error = 0, None, f"{TRACEBACK}: the process ended with code {code}"
        return Ended(False, operations, value, error, text)


def _work(work: Callable[[], Any], workspace: Path, fault: Fault | None, words: int, answer: int) -> None:
    """The life of a child; it never returns."""
    value, error = None, ""
    os.setsid()
    os.dup2(words, 1)
    os.dup2(words, 2)
    os.environ["STREAMREC_WORKSPACE"] = str(workspace)
    shim = ctypes.CDLL(os.environ[SHIM])
    shim.chaos_count.restype = ctypes.c_long
    try:
        if fault is not None:
            shim.chaos_arm(os.fsencode(workspace), ctypes.c_long(fault.strike), fault.error, _trace())
        value = work()
    except SystemExit as end:
        error = "" if not end.code else f"exit code {end.code}"
    except BaseException as raised:  # noqa: BLE001  (whatever it is, the parent counts it)
        expected = type(raised).__module__.startswith("streamrec_core")
        error = f"{type(raised).__name__}: {raised}" if expected else traceback.format_exc()
    shim.chaos_arm(b"", ctypes.c_long(-1), KILL, -1)
    sys.stdout.flush()
    sys.stderr.flush()
    with open(answer, "wb", closefd=False) as file:
        file.write(json.dumps((shim.chaos_count(), value, error), default=lambda _: None).encode())
    os._exit(0)


def _trace() -> int:
    """Descriptor of a log of the operations, where the variable STREAMREC_CHAOS_TRACE names one."""
    log = os.environ.get("STREAMREC_CHAOS_TRACE")
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if log else -1


def _wait(child: int) -> int:
    """The exit code of a child, negative for a signal; one that hangs is killed with what it started."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.001
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return 1
        time.sleep(pause)
        pause = min(0.02, pause * 1.5)
