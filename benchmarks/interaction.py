"""How fast the dashboard answers, in a real Chromium on the shipped model, from the event in the browser to the pixels.

    python benchmarks/interaction.py [--rounds 30]

Prints JSON: server start, first visits to a warm server, page switch, another session, another title and head click,
with median (p50) and p95 in milliseconds, beside the next session where it was explained ahead; and the same change of
session where the heads are eight separate Plotly charts, measured in the same run. The clock of a session or title
stops three times: when the matrix is painted with what the heads add, when the checked sentence of the new session
stands, which is computed beforehand, and when everything does, what removing events does among it. Every time ends with
a painted frame. Bytes, requests, websocket frames and reruns are counted beside the times; they do not depend on the
machine. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.dashboard import server
from streamrec_core.config import checkpoints_folder
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import verify
from streamrec_core.models.checkpoint import load_checkpoint

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 120_000
ROUNDS = 30
LOOK = 4_000
"""Milliseconds that a visitor looks at a session before the next one."""
# The next two frames have begun: what was drawn before stands on the screen.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
MATRIX, MAPS = ".sr-matrix[data-painted]", ".sr-maps[data-painted]"
SENTENCE = ".st-key-answer strong >> nth=1"
# From the event that starts it to the first frames that show the matrix and the sentence of a session and a title.
CLOCK = """({ event, session, item, sentence }) => {
  window.clock = new Promise((done) => {
    addEventListener(event, (started) => {
      const seen = {}, painted = {};
      const text = (node) => (node?.textContent ?? "").replaceAll("\\u2060", "").replace(/\\s+/g, " ").trim();
      const look = () => {
        const now = performance.now() - started.timeStamp;
        for (const name in seen) painted[name] ??= now;
        const key = document.querySelector(".sr-matrix")?.dataset.painted ?? "";
        const matrix = key.includes(`|${session}|`) && key.endsWith(`|${item}`);
        const answer = text(document.querySelectorAll(".st-key-answer:not(.sr-checking) strong")[1]) === sentence;
        const removal = document.querySelector(".sr-matrix")?.dataset.checked === key;
        if (matrix) seen.matrix = true;
        if (answer) seen.sentence = true;
        if (matrix && answer && removal) seen.whole = true;
        Object.keys(painted).length === 3 ? done(painted) : requestAnimationFrame(look);
      };
      look();
    }, { capture: true, once: true });
  });
}"""
CLOCKS = ("matrix", "sentence", "whole")
REFERENCE = Path(__file__).resolve().parent / "plotly_reference.py"


def milliseconds(times: list[float]) -> dict[str, float | int]:
    """Median and 95th percentile."""
    return {
        "p50": round(float(np.percentile(times, 50)), 1),
        "p95": round(float(np.percentile(times, 95)), 1),
        "rounds": len(times),
    }


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


@dataclass
class Traffic:
    """What a page received since `reset`: requests and their bytes as transferred, websocket frames, bytes, reruns."""

    requests: int = 0
    request_bytes: int = 0
    frames: int = 0
    frame_bytes: int = 0
    reruns: int = 0

    def reset(self) -> None:
        """Count from zero."""
        self.__init__()  # type: ignore[misc]

    def counts(self, *names: str) -> dict[str, int]:
        """Some of the counts, by name."""
        return {name: getattr(self, name) for name in names}


def watch_traffic(page: Page) -> Traffic:
    """Count what a page receives from now on."""
    traffic, session = Traffic(), page.context.new_cdp_session(page)

    def request(event: dict[str, Any]) -> None:
        traffic.requests += 1
        traffic.request_bytes += int(event["encodedDataLength"])

    def frame(event: dict[str, Any]) -> None:
        body = b64decode(event["response"]["payloadData"])
        traffic.frames += 1
        traffic.frame_bytes += len(body)
        traffic.reruns += ForwardMsg.FromString(body).WhichOneof("type") == "new_session"

    session.on("Network.loadingFinished", request)
    session.on("Network.webSocketFrameReceived", frame)
    session.send("Network.enable")
    return traffic


@dataclass(frozen=True)
class Shown:
    """A session and a title with the catalogue row and the checked sentence that the page comes to show."""

    session: str
    item: int
    sentence: str


def shown(session: str, position: int = 0) -> Shown:
    """What the page shows for one of the ten of a session."""
    dataset = open_data("streamrec")
    model = load_checkpoint(checkpoints_folder() / "streamrec-transformer", dataset.catalogue)
    first = explain_session(model, dataset, session)
    explanation = explain_session(model, dataset, session, first.recommendations[position].row)
    log = dataset.log
    checked = verify(model, dataset, explanation, log.session(log.row(session)).until(-1))
    text = " ".join(words(checked, dataset.catalogue).sentence.split())
    return Shown(session, explanation.candidate.row, text)


def clocked(page: Page, traffic: Traffic, event: str, act: Callable[[], None], goal: Shown) -> dict[str, float]:
    """Milliseconds until matrix, sentence and all stand, and what was received until nothing runs any more."""
    traffic.reset()
    page.evaluate(CLOCK, {"event": event, "session": goal.session, "item": str(goal.item), "sentence": goal.sentence})
    act()
    times: dict[str, float] = page.evaluate("window.clock")
    settle(page)
    return times | traffic.counts("frames", "frame_bytes", "reruns")


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Times as p50 and p95, counts as medians."""
    times = {name: milliseconds([each[name] for each in rounds]) for name in CLOCKS}
    counts = {name: int(np.median([each[name] for each in rounds])) for name in ("frames", "frame_bytes", "reruns")}
    return times | counts


def first_visits(browser: Browser, address: str, there: str, rounds: int) -> dict[str, Any]:
    """A new visitor with an empty cache to a page of a server that others have visited."""
    times, counts = [], []
    for _ in range(rounds):
        page = visitor(browser)
        traffic = watch_traffic(page)
        times.append(timed(page, lambda page=page: page.goto(address), there))
        settle(page)
        counts.append(traffic.counts("requests", "request_bytes", "frames", "frame_bytes", "reruns"))
        page.context.close()
    return milliseconds(times) | {name: int(np.median([each[name] for each in counts])) for name in counts[0]}


def page_switches(page: Page, address: str, rounds: int) -> list[float]:
    """Overview to Explore and back."""
    page.goto(f"{address}/explore")
    page.wait_for_selector(SENTENCE, timeout=PATIENCE)
    settle(page)
    times = []
    for _ in range(rounds):
        for name, there in (("Overview", "[class*=st-key-door-]"), ("Explore", SENTENCE)):
            link = page.get_by_test_id("stSidebarNavLink").filter(has_text=name)
            times.append(timed(page, link.click, there))
            settle(page)
    return times


def session_changes(page: Page, goals: list[Shown]) -> dict[str, Any]:
    """Another session by its id."""
    box, traffic, rounds = page.get_by_label("Session or title", exact=True), watch_traffic(page), []
    for goal in goals:
        box.fill(goal.session)
        rounds.append(clocked(page, traffic, "keydown", lambda: box.press("Enter"), goal))
    return summary(rounds)


def other_titles(page: Page, session: str, rounds: int) -> dict[str, Any]:
    """Another of the ten titles of one session; each is new to the server the first time round."""
    goals, traffic, times = [shown(session, position) for position in range(10)], watch_traffic(page), []
    for at in range(rounds):
        position = (at + 1) % 10
        click = page.locator(".sr-ten button").nth(position).click
        times.append(clocked(page, traffic, "click", click, goals[position]))
    return summary(times)


def next_sessions(page: Page, address: str, rounds: int) -> dict[str, Any]:
    """The next session after a visitor looked at one for some seconds, so that it was explained ahead."""
    dataset = open_data("streamrec")
    ids = [dataset.log.session_ids[row] for row in sorted(set(split(dataset).test.sessions.tolist()))]
    goals = [shown(session) for session in ids[1 : rounds + 1]]
    page.goto(f"{address}/explore?session={ids[0]}")
    page.wait_for_selector(SENTENCE, timeout=PATIENCE)
    traffic, times = watch_traffic(page), []
    for goal in goals:
        settle(page)
        page.wait_for_timeout(LOOK)
        click = page.get_by_role("button", name="Next", exact=True).click
        times.append(clocked(page, traffic, "click", click, goal))
    return summary(times)


def head_clicks(page: Page, rounds: int) -> dict[str, Any]:
    """Another head in the matrix, with the full maps open: inside the browser from the click to the painted frame."""
    page.evaluate(
        """() => { window.clicks = []; document.addEventListener('click', (started) => {
        requestAnimationFrame(() => requestAnimationFrame(() =>
            window.clicks.push(performance.now() - started.timeStamp)));
        }, true); }"""
    )
    traffic, reruns = watch_traffic(page), []
    for at in range(rounds):
        traffic.reset()
        page.locator(f".sr-matrix [data-head='{(at + 1) % 8}'] button").click()
        page.wait_for_selector(f".sr-matrix [data-head='{(at + 1) % 8}'].sr-locked", timeout=PATIENCE)
        page.wait_for_url(f"**head={(at + 1) % 8 // 4}.{(at + 1) % 4}*", timeout=PATIENCE)
        settle(page)
        reruns.append(traffic.reruns)
    return milliseconds(page.evaluate("window.clicks")) | {"reruns": int(np.median(reruns))}


def long_sessions(workspace: Path, rounds: int) -> list[str]:
    """Ids of test sessions with the most events, so that matrix and maps are as large as they get."""
    os.environ["STREAMREC_WORKSPACE"] = str(workspace)
    dataset = open_data("streamrec")
    tests = split(dataset).test
    rows = tests.sessions[np.argsort(-tests.ends, kind="stable")[: rounds + 1]]
    return [dataset.log.session_ids[row] for row in rows]


def dashboard(browser: Browser, workspace: Path, sessions: list[str], rounds: int) -> dict[str, Any]:
    """Everything about the dashboard itself."""
    goals = [shown(session) for session in sessions]
    with server("app.py", workspace) as (address, began):
        page = visitor(browser)
        page.goto(f"{address}/explore")
        page.wait_for_selector(SENTENCE, timeout=PATIENCE)
        page.evaluate(PAINTED)
        start = time.perf_counter() - began
        settle(page)
        page.wait_for_timeout(15_000)  # the warm-up in the background comes to its end
        timings: dict[str, Any] = {
            "server_start_to_first_sentence_seconds": round(start, 2),
            "first_visit_overview": first_visits(browser, address, "[class*=st-key-door-]", rounds),
            "first_visit_explore": first_visits(browser, f"{address}/explore", SENTENCE, rounds),
            "page_switch": milliseconds(page_switches(page, address, rounds)),
        }
        for level in ("simple", "expert"):
            extra, there = ("&mode=expert&detail=maps", MAPS) if level == "expert" else ("", MATRIX)
            page.goto(f"{address}/explore?session={sessions[0]}{extra}")
            page.wait_for_selector(there, timeout=PATIENCE)
            settle(page)
            timings[f"session_change_{level}"] = session_changes(page, goals[1:])
        timings["head_click"] = head_clicks(page, rounds)
        page.goto(f"{address}/explore?session={sessions[0]}")
        page.wait_for_selector(SENTENCE, timeout=PATIENCE)
        settle(page)
        timings["another_title"] = other_titles(page, sessions[0], rounds)
        timings["next_session_explained_ahead"] = next_sessions(page, address, min(rounds, 12))
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
        box, times = page.get_by_label("Session", exact=True), []
        for session in sessions[1:]:
            box.fill(session)
            times.append(timed(page, lambda: box.press("Enter"), partial(wait, arg=session)))
            settle(page)
        return milliseconds(times)


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
    print(json.dumps(timings, indent=2))


if __name__ == "__main__":
    main()
