"""Every page of the dashboard on a large log: how long the first and the second opening take, and what memory stays.

    python benchmarks/large_log.py --wide --out FOLDER --phases generate import
    python benchmarks/large_log_pages.py FOLDER/workspace large [--model NAME] [--only explore]

A server is started on the workspace, and a headless Chromium opens one page after the other, each twice: the second
time with an empty cache of the browser and, where the page shows a session, with another session. The clock runs from
the request until the script of the page has ended and its last frame is painted. Prints JSON: of each page the seconds,
those of the server's processor (which other work on the machine hardly changes, and which hold what is computed ahead),
the memory of the server afterwards (`own_gb`, RssAnon, and `resident_gb`, VmRSS), and any error that the page shows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, sync_playwright

from benchmarks.dashboard import server
from benchmarks.interaction import CHROMIUM, FLAGS, PAINTED, visitor
from benchmarks.large_log import memory
from benchmarks.large_log_browsing import LOG_ORDER
from streamrec_core.data.browse.sessions import SessionFilter, find_sessions
from streamrec_core.data.browse.tables import open_tables

VIEWS = {
    "dataset": "dataset?show=holds",
    "dataset, sessions": "dataset?show=sessions",
    "overview": "",
    "explore": "explore?session={session}",
    "explore, find a session": "explore?session={session}",
    "heads": "heads",
    "trust": "trust",
    "debug, attention sinks": "debug?section=magnets",
    "debug, misses": "debug?section=misses",
    "debug, what if": "debug?section=what-if&session={session}",
    "debug, why not": "debug?section=why-not&session={session}",
    "debug, head ablation": "debug?section=parts-off&session={session}",
    "training": "training",
    "compare": "compare",
    "compare, expert": "compare?mode=expert",
    "report": "report",
    "study": "study",
}
FIND = "explore, find a session"
SETTLED = """() => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
  && !document.querySelector("[data-testid=stSkeleton]") && !!document.querySelector("[data-testid=stMain] h1")"""
ERRORS = "[data-testid=stException], [data-testid=stAlertContentError]"
PATIENCE = 900
"""Seconds for which a page is waited."""


def open_page(page: Page, address: str, view: str) -> dict[str, Any]:
    """Open a page, or its drawer; gives the seconds and what went wrong."""
    began = time.perf_counter()
    try:
        page.goto(address)
        page.wait_for_function(SETTLED)
        if view == FIND:
            began = time.perf_counter()
            page.get_by_role("button", name="Find", exact=True).click()
            page.get_by_text("sessions match.").wait_for()
        page.wait_for_timeout(50)  # a page that goes on in a second run
        page.wait_for_function(SETTLED)
        page.evaluate(PAINTED)
    except Error as error:
        return {"seconds": round(time.perf_counter() - began, 2), "error": str(error).splitlines()[0]}
    seconds = round(time.perf_counter() - began - 0.05, 2)
    faults = [text.splitlines()[0][:200] for text in page.locator(ERRORS).all_inner_texts() if text]
    return {"seconds": seconds} | ({"error": faults[0]} if faults else {})


def processor_seconds(process: int) -> float:
    """What all threads of a process have worked."""
    user, system = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def server_process() -> int:
    """The process that this one started as a server."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and b"streamlit" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except OSError:  # it ended meanwhile
            continue
    raise SystemExit("the server is not running")


def visit(browser: Browser, address: str, name: str, model: str, sessions: list[str], only: str) -> dict[str, Any]:
    """Open every page twice."""
    process, measured = server_process(), {}
    choice = f"data={name}" + (f"&model={model}" if model else "")
    for view, path in VIEWS.items():
        if not view.startswith(only):
            continue
        openings = []
        for session in sessions:
            page = visitor(browser)
            page.set_default_timeout(PATIENCE * 1000)
            where = path.format(session=session)
            before = processor_seconds(process)
            opening = open_page(page, f"{address}/{where}{'&' if '?' in where else '?'}{choice}", view)
            openings.append(opening | {"cpu_seconds": round(processor_seconds(process) - before, 2)})
            page.context.close()
        first, second = openings
        measured[view] = {
            "first_seconds": first["seconds"],
            "first_cpu_seconds": first["cpu_seconds"],
            "second_seconds": second["seconds"],
            "second_cpu_seconds": second["cpu_seconds"],
            "own_gb": round(memory("RssAnon", process), 2),
            "resident_gb": round(memory("VmRSS", process), 2),
            "errors": sorted({each["error"] for each in openings if "error" in each}),
        }
        print(f"{view}: {json.dumps(measured[view])}", file=sys.stderr, flush=True)
    return measured


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, nargs="?")
    parser.add_argument("data", nargs="?", help="name of the data set")
    parser.add_argument("--model", default="", help="by default the first that fits")
    parser.add_argument("--only", default="", help="only pages whose name begins so")
    arguments = parser.parse_args()
    if not arguments.data:
        print(json.dumps({"skipped": "name a workspace and a data set in it; see --help"}))
        return
    tables = open_tables(arguments.workspace / "data" / arguments.data)
    examples = find_sessions(tables, SessionFilter(part="test"), LOG_ORDER, 0).sessions
    sessions = [session.session_id for session in examples[:2]]
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright, server("app.py", arguments.workspace.resolve()) as (address, _):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        measured = visit(browser, address, arguments.data, arguments.model, sessions, arguments.only)
        browser.close()
    print(json.dumps({"events": tables.card.counts.events, "sessions": tables.card.counts.sessions, "pages": measured}))


if __name__ == "__main__":
    main()
