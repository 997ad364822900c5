"""Forty visitors of one dashboard at once, each with one choice every ten seconds, over Streamlit's own web socket.

    python benchmarks/load.py [--minutes 15] [--visitors 40] [--training]

First all choose at the same moment, five times, which is not timed: what the server needs for as many at once is then
no part of the slope. Every choice is of a session that nobody has opened before, while the test part has enough of
them, so that no answer comes from a cache. Prints JSON: the time from a choice to its matrix and to the end of the run
(p50, p95, in milliseconds), errors with the last lines of the server's log, answers of another session or title (which
the core computes beforehand), and by minutes the server's own and resident memory, with the slope after the warm-up and
its 95 % interval. With `--training` the dashboard's queue trains a model meanwhile. Exit code 1 where a goal is missed:
no error, no mix-up, p95 of the matrix within 300 ms without and 1 s with training. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import websockets
from scipy import stats
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from benchmarks.dashboard import ROOT, server
from benchmarks.interaction import milliseconds
from streamrec_core.config import checkpoints_folder
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.explain.first_look import explain_session
from streamrec_core.models.checkpoint import load_checkpoint

EVERY_SECONDS = 10.0
PATIENCE = 120.0
LIMITS = {False: 300.0, True: 1000.0}
"""Milliseconds that the matrix may take in 95 of 100 choices, without and with a training run beside."""
RUN = "beside-the-visitors"
QUIET_SECONDS = 15
"""A run that writes nothing for so long has stopped."""
BOX = "Session or title"
KEY = re.compile(rb'"key": ?"[^"|]*\|([^"|]*)\|[^"|]*\|[0-9a-f]{12}\|(\d+)"')
"""Data set, session, edits, weights and catalogue row of the matrix that is sent."""
LARGEST_MESSAGE = 64 << 20
MEMORY = {"RssAnon": "own", "VmRSS": "resident"}
"""Own memory, and with it what is mapped from files: libraries and data, which the system can drop."""
MEMORY_SECONDS = 5.0
MEETINGS = 5
"""How often all visitors choose at the same moment before anything is measured. What a server needs for as many at once
as it computes for (a second buffer of OpenBLAS, the largest heap) it asks for then, and not at a random minute later.
"""
WARM_UP = 0.4
"""Share of the time that does not count for the slope of memory: after six of fifteen minutes every cache is full."""
LOG_LINES = 40


@dataclass
class Findings:
    """What all visitors met."""

    matrix: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {name: [] for name in MEMORY})


class Visitor:
    """One browser tab on Explore."""

    def __init__(self, socket: Any, findings: Findings) -> None:
        self._socket, self._findings = socket, findings
        self._box, self._script = "", ""

    async def open(self, session: str) -> None:
        """Come by a link; not timed, since a first visit loads the front end as well."""
        message = BackMsg()
        message.rerun_script.query_string = f"session={session}"
        message.rerun_script.page_name = "explore"
        await self._send(message)
        await self._until_finished(time.perf_counter())
        if not self._box:
            raise RuntimeError(f"the page has no box {BOX!r}")

    async def choose(self, session: str, row: int) -> None:
        """Another session by its id, as the box of the page sends it."""
        state = WidgetState(id=self._box, string_value=session)
        message = BackMsg()
        message.rerun_script.widget_states.CopyFrom(WidgetStates(widgets=[state]))
        message.rerun_script.page_script_hash = self._script
        message.rerun_script.query_string = ""
        began = time.perf_counter()
        await self._send(message)
        keys, matrix = await self._until_finished(began)
        self._findings.whole.append(1000 * (time.perf_counter() - began))
        if keys != {(session, row)}:
            self._findings.mixed_up.append(f"session {session}, row {row}: {sorted(keys)}")
        else:
            self._findings.matrix.append(matrix)

    async def _send(self, message: BackMsg) -> None:
        await self._socket.send(message.SerializeToString())

    async def _until_finished(self, began: float) -> tuple[set[tuple[str, int]], float]:
        """Sessions and rows of the matrices that come until the run is over, and when the last one came."""
        keys: set[tuple[str, int]] = set()
        matrix = 0.0
        while True:
            raw = await asyncio.wait_for(self._socket.recv(), PATIENCE)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "delta":
                element = message.delta.new_element
                if element.WhichOneof("type") == "text_input" and element.text_input.label == BOX:
                    self._box = element.text_input.id
                if element.WhichOneof("type") == "exception":
                    self._findings.errors.append(element.exception.message)
                for session, row in KEY.findall(raw):
                    keys.add((session.decode(), int(row)))
                    matrix = matrix or 1000 * (time.perf_counter() - began)
            elif kind == "session_event" and message.session_event.WhichOneof("type") == "script_compilation_exception":
                self._findings.errors.append("the page cannot be compiled")
            elif kind == "script_finished":
                return keys, matrix


async def visit(
    visitor: Visitor, number: int, goals: Iterator[tuple[str, int]], until: float, findings: Findings
) -> None:
    """One visitor's choices, each of the next session that nobody has taken."""
    await asyncio.sleep(float(np.random.default_rng(number).uniform(0, EVERY_SECONDS)))
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            await visitor.choose(*next(goals))
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            findings.errors.append(f"{type(error).__name__}: {error}")
            return
        await asyncio.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))


async def watch_memory(process: int, until: float, findings: Findings) -> None:
    """The server's own and its resident memory in MB, every few seconds."""
    began = time.monotonic()
    while time.monotonic() < until:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        for name in MEMORY:
            kilobytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
            findings.memory[name].append((time.monotonic() - began, kilobytes / 1e3))
        await asyncio.sleep(MEMORY_SECONDS)


def slope(memory: list[tuple[float, float]]) -> dict[str, Any]:
    """Growth of memory in MB an hour after the warm-up, from the means of 30 seconds, with its 95 % interval."""
    times, sizes = np.array(memory).T
    late = times >= WARM_UP * times[-1]
    bins = (times[late] // 30).astype(int)
    means = np.array([[times[late][bins == each].mean(), sizes[late][bins == each].mean()] for each in np.unique(bins)])
    minutes = [float(sizes[times // 60 == minute].mean()) for minute in range(int(times[-1] // 60) + 1)]
    summary: dict[str, Any] = {"mb_by_minute": [round(each) for each in minutes]}
    if len(means) < 3:
        return summary | {"mb_per_hour": None}
    fit = stats.linregress(means[:, 0] / 3600, means[:, 1])
    margin = float(stats.t.ppf(0.975, len(means) - 2) * fit.stderr)
    return summary | {
        "mb_per_hour": round(float(fit.slope), 1),
        "interval": [round(float(fit.slope) - margin, 1), round(float(fit.slope) + margin, 1)],
    }


def known_answers(choices: int) -> list[tuple[str, int]]:
    """Ids of so many test sessions, or of all, and the catalogue row of the title that the page explains first."""
    data = open_data("streamrec")
    model = load_checkpoint(checkpoints_folder() / "streamrec-transformer", data.catalogue)
    tests = split(data).test
    ids = [data.log.session_ids[row] for row in tests.sessions[:choices]]
    return [(session, explain_session(model, data, session).candidate.row) for session in ids]


async def load(address: str, process: int, minutes: float, visitors: int, goals: list[tuple[str, int]]) -> Findings:
    """All visitors at once, from when they have met `MEETINGS` times."""
    findings = Findings()
    untaken = cycle(goals)
    async with AsyncExitStack() as stack:
        everybody = []
        for _ in range(visitors):
            socket = await stack.enter_async_context(
                websockets.connect(
                    f"{address.replace('http', 'ws', 1)}/_stcore/stream",
                    subprotocols=["streamlit"],  # type: ignore[list-item]
                    origin=address,  # type: ignore[arg-type]
                    max_size=LARGEST_MESSAGE,
                    open_timeout=PATIENCE,
                )
            )
            everybody.append(Visitor(socket, findings))
            await everybody[-1].open(next(untaken)[0])
        for _ in range(MEETINGS):
            await asyncio.gather(*(visitor.choose(*next(untaken)) for visitor in everybody))
        findings.matrix.clear()
        findings.whole.clear()
        until = time.monotonic() + 60 * minutes
        visits = [visit(visitor, number, untaken, until, findings) for number, visitor in enumerate(everybody)]
        await asyncio.gather(watch_memory(process, until, findings), *visits)
    return findings


def _train() -> None:
    """Queue a run that lasts longer than the measurement."""
    folder = f"{os.environ['STREAMREC_WORKSPACE']}/runs/{RUN}"
    _streamrec("train", "--run", folder, "--queue", "--epochs", "500", "--set", "patience=500")


def _stop(findings: Findings) -> None:
    """End the run, and wait until it no longer writes."""
    try:
        _streamrec("runs", "stop", RUN)
    except subprocess.CalledProcessError:
        findings.errors.append("the training run ended before the measurement")
    events = Path(os.environ["STREAMREC_WORKSPACE"]) / "runs" / RUN / "events.jsonl"
    while time.time() - events.stat().st_mtime < QUIET_SECONDS:
        time.sleep(1)


def _streamrec(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "streamrec_core", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--visitors", type=int, default=40)
    parser.add_argument("--training", action="store_true", help="A training run in the dashboard's queue meanwhile.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streamrec-load-", ignore_cleanup_errors=True) as folder:
        os.environ["STREAMREC_WORKSPACE"] = folder
        choices = arguments.visitors * (2 + MEETINGS + int(60 * arguments.minutes / EVERY_SECONDS))
        goals = known_answers(choices)
        log = Path(folder) / "server.log"
        with log.open("wb") as written, server("app.py", Path(folder), written) as (address, _):
            process = int(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()[0])
            if arguments.training:
                _train()
            findings = asyncio.run(load(address, process, arguments.minutes, arguments.visitors, goals))
            if arguments.training:
                _stop(findings)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    matrix = milliseconds(findings.matrix or [np.inf])
    document = {
        "visitors": arguments.visitors,
        "minutes": arguments.minutes,
        "training": arguments.training,
        "load_average": [round(each, 1) for each in os.getloadavg()],
        "matrix": matrix,
        "whole": milliseconds(findings.whole or [np.inf]),
        "distinct_sessions": len(goals),
        "errors": findings.errors[:20],
        "server_log": lines[-LOG_LINES:] if findings.errors or findings.mixed_up else [],
        "mixed_up": findings.mixed_up[:20],
        "memory": {title: slope(findings.memory[name]) for name, title in MEMORY.items()},
    }
    print(json.dumps(document, indent=2))
    sys.exit(bool(findings.errors or findings.mixed_up) or matrix["p95"] > LIMITS[arguments.training])


if __name__ == "__main__":
    main()
