"""What journeys may ask for besides the shared dashboard: a server of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests import conftest as house

Serve = Callable[..., str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a dashboard that nobody has visited, with these environment variables; gives its address."""
    with ExitStack() as servers:
        yield lambda **environment: servers.enter_context(_server(tmp_path / "log.txt", environment))


@contextmanager
def _server(log: Path, environment: dict[str, str]) -> Iterator[str]:
    port = house._free_port()
    address = f"http://127.0.0.1:{port}"
    wanted = {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_PORT": str(port)} | environment
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command,
            cwd=house.ROOT,
            env=os.environ | wanted,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        house._wait_until_healthy(server, address, log)
        yield address
    finally:
        house._end(server)
