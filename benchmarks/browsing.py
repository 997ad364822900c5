"""How fast a log is browsed: the usual 20,000 sessions beside a million, the same questions to both.

    python benchmarks/browsing.py [--sessions 1000000]

Prints JSON; the larger log is made in a temporary folder first, which takes half a minute and 250 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.data.browse.figures import count
from streamrec_core.data.browse.items import search_items
from streamrec_core.data.browse.sessions import SORTS, SessionFilter, find_sessions
from streamrec_core.data.browse.tables import Tables, open_tables
from streamrec_core.data.presets import make
from streamrec_core.defaults import SESSIONS

REPEATS = 5
LOG_ORDER = next(iter(SORTS))


def milliseconds(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median time of the work."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return round(1000 * float(np.median(times)), 1)


def measured(folder: Path) -> dict[str, float]:
    """Every question once over one data set."""
    tables: list[Tables] = []
    timings = {"open": milliseconds(lambda: tables.append(open_tables(folder)), 1)}
    (opened,) = tables
    total, category = opened.card.counts.sessions, opened.catalogue.content_categories[0]
    item = opened.catalogue.item_ids[0]
    narrow = SessionFilter(least=10, most=30, category=category, engagement="save", part="test")
    timings["first_pass"] = milliseconds(opened.count_items, 1)
    pages: dict[str, tuple[SessionFilter, str, int]] = {
        "first_page": (SessionFilter(), LOG_ORDER, 0),
        "middle_page": (SessionFilter(), LOG_ORDER, total // 2),
        "last_page_of_sorted": (SessionFilter(), "longest first", total - 1),
        "five_filters": (narrow, "longest first", 0),
        "with_an_item": (SessionFilter(item=item), "longest first", 0),
        "with_words_of_a_title": (SessionFilter(title="night"), "longest first", 0),
    }
    for name, (wish, order, first) in pages.items():
        timings[name] = milliseconds(lambda question=(wish, order, first): find_sessions(opened, *question))  # type: ignore[misc]
    timings["search_items"] = milliseconds(lambda: search_items(opened, "night"))
    timings["all_figures"] = milliseconds(lambda: count(opened))
    timings["figures_of_a_category"] = milliseconds(lambda: count(opened, category))
    return timings


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"cores": os.cpu_count(), "unit": "ms"}
    with tempfile.TemporaryDirectory() as folder:
        for sessions in (SESSIONS, arguments.sessions):
            made = make("streamrec", sessions, folder=Path(folder) / str(sessions))
            results[f"{sessions}"] = {"events": made.card.counts.events, **measured(Path(folder) / str(sessions))}
            del made
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
