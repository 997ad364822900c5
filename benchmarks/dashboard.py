"""A dashboard in a process of its own, as `make run` starts it, for benchmarks to visit."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from streamrec_core.defaults import MALLOC

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def server(main: str, workspace: Path, log: IO[bytes] | None = None) -> Iterator[tuple[str, float]]:
    """A dashboard of its own, what it reports in a log where one is given; its address and when it was started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMREC_WORKSPACE": str(workspace),
        "PYTHONPATH": str(ROOT),
    }
    malloc = {variable: str(setting) for variable, setting in MALLOC.items()}
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", main],
        cwd=ROOT,
        env=malloc | os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if log is None else log,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, running)
        yield address, began
    finally:
        os.killpg(running.pid, signal.SIGKILL)  # nothing of it is kept
        running.wait(timeout=20)


def wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    """Until the server answers."""
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            if running.poll() is not None:
                raise SystemExit(f"the server ended with exit code {running.returncode}") from None
            time.sleep(0.05)
    raise SystemExit("the server does not answer")
