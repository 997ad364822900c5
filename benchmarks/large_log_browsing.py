"""What a visitor of the Dataset page does with a large log, asked of its data layer and on the page in Chromium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.data.browse.figures import count
from streamrec_core.data.browse.items import search_items
from streamrec_core.data.browse.sessions import SORTS, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import Tables, open_tables

ROUNDS = 12
LOG_ORDER = next(iter(SORTS))
WORDS = ("i4711", "i12", "i333", "i9")
CAPTION = """() => [...document.querySelectorAll("[data-testid=stCaptionContainer], [data-testid=stMain] h3")].map(
  node => node.textContent).find(text => /^Sessions [0-9,]+ to|^No session/.test(text)) ?? null"""
IDLE = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
Act = Callable[[], Any]


def seconds(act: Act) -> float:
    """How long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def percentiles(times: list[float]) -> dict[str, float | int]:
    """Median, 95th percentile and largest, in milliseconds."""
    p50, p95, most = np.percentile(times, [50, 95, 100]) * 1000
    return {
        "p50": round(float(p50), 1),
        "p95": round(float(p95), 1),
        "max": round(float(most), 1),
        "rounds": len(times),
    }


def acts(tables: Tables, rng: np.random.Generator) -> dict[str, Act]:
    """One of each kind of thing that a visitor does, with other choices each time."""
    total, catalogue = tables.card.counts.sessions, tables.catalogue
    item = catalogue.item_ids[int(rng.integers(len(catalogue)))]
    often = catalogue.item_ids[int(rng.integers(50))]
    words = WORDS[int(rng.integers(len(WORDS)))]
    page = int(rng.integers(total))
    least = int(rng.integers(5, 10))
    narrow = SessionFilter(least=least, engagement="save", part="test")
    questions = {
        "a_page_of_the_log": (SessionFilter(), LOG_ORDER, page),
        "longest_first": (SessionFilter(), "longest first", page % 1000),
        "most_saves_first": (SessionFilter(part="test"), "most saves first", page % 1000),
        "filter_by_length": (SessionFilter(least=least, most=least + 1), LOG_ORDER, page % 1000),
        "three_filters": (narrow, LOG_ORDER, page % 1000),
        "three_filters_sorted": (narrow, "most repeats first", page % 1000),
        "sessions_with_an_item": (SessionFilter(item=item), LOG_ORDER, 0),
        "sessions_with_a_frequent_item": (SessionFilter(item=often), LOG_ORDER, 0),
        "sessions_with_words_of_a_title": (SessionFilter(title=words), LOG_ORDER, 0),
    }
    searches: dict[str, Act] = {
        name: lambda question=question: find_sessions(tables, *question)  # type: ignore[misc]
        for name, question in questions.items()
    }
    return {"search_items": lambda: search_items(tables, words), **searches}


def browse(folder: Path) -> dict[str, Any]:
    """Times of opening a data set, of its figures, and of what a visitor does."""
    tables: list[Tables] = []
    opening = seconds(lambda: tables.append(open_tables(folder)))
    counting = seconds(tables[0].count_items)
    figures = seconds(lambda: count(tables[0]))
    rng, times, worked = np.random.default_rng(7), dict[str, list[float]](), dict[str, list[float]]()
    for _ in range(ROUNDS):
        for name, act in acts(tables[0], rng).items():
            before = time.process_time()
            times.setdefault(name, []).append(seconds(act))
            worked.setdefault(name, []).append(time.process_time() - before)
    return {
        "opening_seconds": round(opening, 2),
        "first_count_of_items_seconds": round(counting, 2),
        "all_figures_seconds": round(figures, 2),
        "all_acts": percentiles([each for of_act in times.values() for each in of_act]),
        "all_acts_cpu": percentiles([each for of_act in worked.values() for each in of_act]),
        "unit": "ms",
        **{name: percentiles(of_act) | {"cpu_p95": percentiles(worked[name])["p95"]} for name, of_act in times.items()},
    }


def visit(workspace: Path, name: str) -> dict[str, Any]:
    """The same on the page in Chromium: from the act to the painted frame with its answer, no answer asked twice."""
    from playwright.sync_api import sync_playwright

    from benchmarks.dashboard import server
    from benchmarks.interaction import CHROMIUM, FLAGS, PATIENCE, settle, visitor

    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        return {"not_run": f"none of {', '.join(CHROMIUM)} is on the PATH"}
    times: dict[str, list[float]] = {}
    with sync_playwright() as playwright, server("app.py", workspace) as (address, _):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = visitor(browser)
        page.set_default_timeout(10 * PATIENCE)
        first = seconds(lambda: _shown(page, lambda: page.goto(f"{address}/dataset?data={name}&show=sessions")))
        for number in range(ROUNDS):
            for act, do in _on_the_page(page, number).items():
                settle(page)
                times.setdefault(act, []).append(seconds(partial(_shown, page, do)))
        statistics = seconds(lambda: page.get_by_text("Statistics", exact=True).click() or _drawn(page))
        again = seconds(lambda: page.reload() and _drawn(page))
        browser.close()
    return {
        "first_visit_seconds": round(first, 1),
        "statistics_seconds": round(statistics, 1),
        "statistics_again_seconds": round(again, 1),
        "all_acts": percentiles([each for of_act in times.values() for each in of_act]),
        "unit": "ms",
        **{act: percentiles(of_act) for act, of_act in times.items()},
    }


def _on_the_page(page: Any, number: int) -> dict[str, Act]:
    """What a visitor does one after the other; the last clears all filters."""
    words = page.get_by_label("contains", exact=False).first

    def choose(label: str, option: str) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option, exact=True).click()

    return {
        "filter_by_engagement": lambda: choose("Contains engagement", ("saved", "shared", "clicked")[number // 3 % 3]),
        "and_by_part": lambda: choose("Part of the split", ("train", "test", "validation")[number % 3]),
        "search_a_title": lambda: (words.fill(f"i{4711 + number}"), words.press("Enter")),
        "clear_all": lambda: page.get_by_role("button", name="Clear all filters").click(),
    }


def _shown(page: Any, act: Act) -> None:
    """Until the list of sessions that answers an act is painted."""
    before = page.evaluate(CAPTION)
    act()
    page.wait_for_function(f"before => {IDLE} && ![null, before].includes(({CAPTION})())", arg=before)
    page.evaluate(PAINTED)


def _drawn(page: Any) -> None:
    """Until the last chart of the statistics is painted."""
    page.wait_for_function(f"() => {IDLE} && document.querySelectorAll('.js-plotly-plot .main-svg').length >= 10")
    page.evaluate(PAINTED)
