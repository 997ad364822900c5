"""Fixtures of browser journeys besides the shared dashboard: a server of their own, a bare page, browser errors."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from streamrec_core.explanation_view.assets import matrix_script, matrix_style
from tests import conftest as house
from tests.journeys.planted_matrix import LOAD, THEME
from tests.journeys.visits import PATIENCE

Serve = Callable[..., str]
# On a deep link Streamlit asks for its own address below the page's path first, then at the root.
PROBES = ("_stcore/health", "_stcore/host-config")

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """Errors that the browser reported; there are none at the end of a visit."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(PROBES):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield errors
    assert errors == []


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a dashboard that nobody has visited, with these environment variables; gives its address."""
    with ExitStack() as servers:
        yield lambda **environment: servers.enter_context(_server(tmp_path / "log.txt", environment))


@pytest.fixture
def matrix_page(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the matrix of Explore on it."""
    context = browser.new_context(viewport={"width": 1040, "height": 900})
    page = context.new_page()
    page.goto("about:blank")
    page.set_content(f"<style>body {{ margin: 0; {THEME} }} {matrix_style()}</style><div class='sr-matrix'></div>")
    page.evaluate(LOAD, matrix_script())
    yield page
    context.close()


@contextmanager
def _server(log: Path, environment: dict[str, str]) -> Iterator[str]:
    port = house._free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_PORT": str(port)} | environment
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command,
            cwd=house.ROOT,
            env=os.environ | settings,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        house._wait_until_healthy(server, address, log)
        yield address
    finally:
        house._end(server)
