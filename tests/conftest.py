"""Shared fixtures: a fresh workspace, the running dashboard, and Chromium to visit it; fast tests run first."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("pages", "journeys")  # folders that run after everything else, in this order
START_SECONDS = 120
LOG_LINES = 60
LOG = pytest.StashKey[Path]()

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# The same examples on every run; `HYPOTHESIS_PROFILE=search pytest ...` looks for new ones.
settings.register_profile("house", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.register_profile("fuzz", database=None, deadline=timedelta(seconds=20), print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

# pytest-xdist gives its workers the width of the terminal; the tests' output has the same width anywhere.
for variable in ("COLUMNS", "LINES"):
    os.environ.pop(variable, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: the core, then pages (AppTest), then journeys (Chromium)."""
    items.sort(key=_stage)


def _stage(item: pytest.Item) -> int:
    folder = item.path.relative_to(ROOT).parts[1]  # of tests/FOLDER/... and, for a doctest, streamrec_core/PACKAGE/...
    return STAGES.index(folder) + 1 if folder in STAGES else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the dashboard's log under each failed test that used it."""
    report = yield
    if report.failed and LOG in item.config.stash and "dashboard" in getattr(item, "fixturenames", ()):
        report.sections.append(("dashboard log", _tail(item.config.stash[LOG])))
    return report


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])


@pytest.fixture(scope="session", autouse=True)
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace for the whole run, so that no test touches the user's; what it caches serves all tests."""
    folder = tmp_path_factory.mktemp("shared-workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMREC_WORKSPACE", str(folder))
        yield folder


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace for one test."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(folder))
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of Chromium; a run without it fails, since skipped journeys prove nothing."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.fail(f"none of {', '.join(CHROMIUM_NAMES)} is on the PATH; `make setup` installs it", pytrace=False)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One headless Chromium for all journeys."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor, with separate cookies and session."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of the dashboard, served by a separate process with a workspace of its own."""
    folder = tmp_path_factory.mktemp("dashboard")
    log = request.config.stash[LOG] = folder / "log.txt"
    port = _free_port()
    environment = os.environ | {
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMREC_WORKSPACE": str(folder / "workspace"),
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(server, address, log)
        yield address
    finally:
        _end(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    state = "does not answer" if server.poll() is None else f"ended with exit code {server.returncode}"
    pytest.fail(f"the dashboard {state}; its log:\n{_tail(log)}", pytrace=False)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the process group: SIGTERM first, SIGKILL if it stays."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
