"""How fast sessions are drawn: both presets with array operations, beside the case study's own way, a Python loop.

    python benchmarks/generation.py [--sessions 20000] [--million]

Prints JSON; the ratio is measured side by side in one run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
from streamrec_core.data.synthetic.sessions import draw_streamrec, streamrec_catalogue

REPEATS = 3


def loop_case_study(catalogue: Catalogue, sessions: int, seed: int) -> list[list[int]]:
    """The case study's generator in plain Python, one event after another."""
    chance = random.Random(seed)
    items: list[list[int]] = [[] for _ in catalogue.categories]
    for row, code in enumerate(catalogue.category_of.tolist()):
        items[code].append(row)
    drawn = []
    for _ in range(sessions):
        liked = chance.sample(range(len(items)), 3)
        codes = [
            chance.choice(liked) if chance.random() < 0.7 else chance.randrange(len(items))
            for _ in range(chance.randint(8, 30))
        ]
        followed = codes[0] if chance.random() < 0.3 else chance.choice(liked)
        target = codes[-1] if chance.random() < 0.5 else followed
        drawn.append([chance.choice(items[code]) for code in [*codes, target]])
    return drawn


def seconds(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median time of the work."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--million", action="store_true", help="draw a million sessions of each preset too")
    arguments = parser.parse_args()
    case, service = case_study_catalogue(), streamrec_catalogue()
    array = seconds(lambda: draw_case_study(case, arguments.sessions, 1))
    loop = seconds(lambda: loop_case_study(case, arguments.sessions, 1))
    timings = {
        "cores": os.cpu_count(),
        "sessions": arguments.sessions,
        "case_study_seconds": array,
        "case_study_loop_seconds": loop,
        "loop_over_array": loop / array,
        "streamrec_seconds": seconds(lambda: draw_streamrec(service, arguments.sessions, 1)),
    }
    if arguments.million:
        timings["case_study_million_seconds"] = seconds(lambda: draw_case_study(case, 1_000_000, 1), 1)
        timings["streamrec_million_seconds"] = seconds(lambda: draw_streamrec(service, 1_000_000, 1), 1)
    print(json.dumps(timings, indent=2))


if __name__ == "__main__":
    main()
