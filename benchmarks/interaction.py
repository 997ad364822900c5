"""How fast the dashboard answers, in a real Chromium on the shipped model, from the click to the pixels.

    python benchmarks/interaction.py [--rounds 30]

Prints JSON: server start, first visit to a warm server, page switch, session change and head click, with median (p50)
and p95 in milliseconds; and the same session change where the heads are eight separate Plotly charts, measured in the
same run. Every time ends with a frame that the browser has painted. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 120_000
ROUNDS = 30
# The next two frames have begun: what was drawn before stands on the screen.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
REFERENCE = Path(__file__).resolve().parent / "plotly_reference.py"


def milliseconds(times: list[float]) -> dict[str, float | int]:
    """Median and 95th percentile."""
    return {
        "p50": round(float(np.percentile(times, 50)), 1),
        "p95": round(float(np.percentile(times, 95)), 1),
        "rounds": len(times),
    }


@contextmanager
def server(main: str, workspace: Path) -> Iterator[tuple[str, float]]:
    """A dashboard of its own; gives its address and when it was started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMREC_WORKSPACE": str(workspace),
        "PYTHONPATH": str(ROOT),
    }
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", main],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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


def visitor(browser: Browser) -> Page:
    """A new visitor with an empty cache."""
    return browser.new_context(viewport={"width": 1440, "height": 900}).new_page()


def settle(page: Page) -> None:
    """Until nothing runs any more."""
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.wait_for_timeout(150)
    page.wait_for_selector(READY, timeout=PATIENCE)


def timed(page: Page, act: Callable[[], None], there: str | Callable[[], object]) -> float:
    """Milliseconds from an act to the frame that shows what `there` selects, or after what it waits for."""
    began = time.perf_counter()
    act()
    page.wait_for_selector(there, timeout=PATIENCE, state="attached") if isinstance(there, str) else there()
    page.evaluate(PAINTED)
    return 1000 * (time.perf_counter() - began)


def first_visits(browser: Browser, address: str, rounds: int) -> list[float]:
    """A new visitor to Explore on a server that others have visited."""
    times = []
    for _ in range(rounds):
        page = visitor(browser)
        times.append(timed(page, lambda page=page: page.goto(f"{address}/explore"), ".sr-heads[data-painted]"))
        page.context.close()
    return times


def page_switches(page: Page, address: str, rounds: int) -> list[float]:
    """Overview to Explore and back."""
    page.goto(f"{address}/explore")
    page.wait_for_selector(".sr-heads[data-painted]", timeout=PATIENCE)
    settle(page)
    times = []
    for _ in range(rounds):
        for name, there in (("Overview", "[class*=st-key-door-]"), ("Explore", ".sr-heads[data-painted]")):
            link = page.get_by_test_id("stSidebarNavLink").filter(has_text=name)
            times.append(timed(page, link.click, there))
            settle(page)
    return times


def session_changes(
    page: Page, sessions: list[str], painted: Callable[[str], str | Callable[[], object]]
) -> list[float]:
    """Another session by its id; `painted` tells when its heads are drawn."""
    box, times = page.get_by_label("Session", exact=True), []
    for session in sessions:
        box.fill(session)
        times.append(timed(page, lambda: box.press("Enter"), painted(session)))
        settle(page)
    return times


def head_clicks(page: Page, rounds: int) -> dict[str, Any]:
    """Another head: the whole way from the click as the test sees it, and inside the browser from event to frame."""
    page.evaluate(
        """() => { window.clicks = []; document.addEventListener('click', () => { const began = performance.now();
        requestAnimationFrame(() => requestAnimationFrame(() => window.clicks.push(performance.now() - began)));
        }, true); }"""
    )
    whole = []
    for at in range(rounds):
        button = page.locator(f"[data-head='{at % 8}'] .sr-head-name")
        whole.append(timed(page, button.click, f"[data-head='{at % 8}'].sr-chosen"))
        settle(page)
    return {"whole": milliseconds(whole), "inside_the_browser": milliseconds(page.evaluate("window.clicks"))}


def long_sessions(workspace: Path, rounds: int) -> list[str]:
    """Ids of test sessions with the most events, so that the maps are as large as they get."""
    os.environ["STREAMREC_WORKSPACE"] = str(workspace)
    dataset = open_data("streamrec")
    tests = split(dataset).test
    rows = tests.sessions[np.argsort(-tests.ends, kind="stable")[: rounds + 1]]
    return [dataset.log.session_ids[row] for row in rows]


def dashboard(browser: Browser, workspace: Path, sessions: list[str], rounds: int) -> dict[str, Any]:
    """Everything about the dashboard itself."""
    with server("app.py", workspace) as (address, began):
        page = visitor(browser)
        page.goto(f"{address}/explore")
        page.wait_for_selector(".sr-heads[data-painted]", timeout=PATIENCE)
        page.evaluate(PAINTED)
        start = time.perf_counter() - began
        settle(page)
        page.wait_for_timeout(15_000)  # the warm-up in the background comes to its end
        timings: dict[str, Any] = {
            "server_start_to_first_paint_seconds": round(start, 2),
            "first_visit_to_warm_server": milliseconds(first_visits(browser, address, rounds)),
            "page_switch": milliseconds(page_switches(page, address, rounds)),
        }
        for level in ("simple", "expert"):
            extra = "&mode=expert&look=maps" if level == "expert" else ""
            page.goto(f"{address}/explore?session={sessions[0]}{extra}")
            page.wait_for_selector(".sr-heads[data-painted]", timeout=PATIENCE)
            settle(page)
            times = session_changes(page, sessions[1:], lambda session: f".sr-heads[data-painted*='|{session}|']")
            timings[f"session_change_{level}"] = milliseconds(times)
            timings[f"head_click_{level}"] = head_clicks(page, rounds)
        return timings


def reference(browser: Browser, workspace: Path, sessions: list[str]) -> dict[str, Any]:
    """The same session change where each head is a Plotly chart of its own."""
    with server(str(REFERENCE), workspace) as (address, _):
        page = visitor(browser)
        page.goto(f"{address}/?session={sessions[0]}")
        page.wait_for_selector(".js-plotly-plot .heatmaplayer", timeout=PATIENCE, state="attached")
        settle(page)
        drawn = """session => [...document.querySelectorAll('.gtitle')]
            .filter(title => title.textContent.startsWith(`session ${session} `)).length === 8"""
        wait = partial(page.wait_for_function, drawn, timeout=PATIENCE)
        return milliseconds(session_changes(page, sessions[1:], lambda session: partial(wait, arg=session)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        raise SystemExit(f"none of {', '.join(CHROMIUM)} is on the PATH; `make setup` installs one")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder)
        sessions = long_sessions(workspace, arguments.rounds)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        timings = {
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "unit": "milliseconds",
            **dashboard(browser, workspace, sessions, arguments.rounds),
            "session_change_eight_plotly_charts": reference(browser, workspace, sessions),
        }
        browser.close()
    before, now = (timings[name]["p50"] for name in ("session_change_eight_plotly_charts", "session_change_expert"))
    timings["plotly_over_canvas"] = round(before / now, 2)
    print(json.dumps(timings, indent=2))


if __name__ == "__main__":
    main()
