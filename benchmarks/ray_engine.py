"""Explanations on a Ray cluster of this machine beside processes of this machine, one and two workers of each.

    python benchmarks/ray_engine.py [--sessions 128] [--rounds 3]

Prints JSON; needs `streamrec[ray]` and two idle cores. Seconds are of the clock, the fastest of alternating rounds,
after every worker has explained something; ratios are to one process without workers, in the same run. `start` is the
time until every worker has opened model and data. Rows are compared with those of one process by hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

import numpy as np

from streamrec_core.background.engine import Engine
from streamrec_core.cli.models import open_quietly
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.explain.as_json import plain_values
from streamrec_core.explain.in_chunks import verify_in_chunks
from streamrec_core.models.parallel import in_parallel
from streamrec_core.models.protocol import SessionModel

RUNS = {
    "one process": (Engine(), 1),
    "jobs 2": (Engine(), 2),
    "ray 1": (Engine("ray"), 1),
    "ray 2": (Engine("ray"), 2),
}
WARMING = 64
"""Explanations of a first pass, several chunks for each worker."""


def explained(model: SessionModel, dataset: DataSet, examples: Examples) -> tuple[float, str]:
    """Seconds, and the hash of what the explanations say."""
    began = time.perf_counter()
    explanations = verify_in_chunks(model, dataset, examples)
    seconds = time.perf_counter() - began
    texts = [json.dumps(plain_values(row, dataset.catalogue, "viewer"), sort_keys=True) for row in explanations]
    return seconds, hashlib.sha256("\n".join(texts).encode()).hexdigest()


def measure(sessions: int, rounds: int) -> dict[str, object]:
    """Seconds and ratios of every run."""
    again = partial(open_quietly, None, None, None, "cpu", None)
    model, dataset = again()
    test = split(dataset).test
    examples, few = test.take(np.arange(sessions)), test.take(np.arange(WARMING))
    best, starts, hashes = dict.fromkeys(RUNS, math.inf), dict.fromkeys(RUNS, math.inf), set()
    for _ in range(rounds):
        for name, (engine, jobs) in RUNS.items():
            with ExitStack() as block:
                began = time.perf_counter()
                block.enter_context(in_parallel((model, dataset), again, jobs, engine))
                explained(model, dataset, few)
                starts[name] = min(starts[name], time.perf_counter() - began)
                seconds, digest = explained(model, dataset, examples)
                best[name] = min(best[name], seconds)
                hashes.add(digest)
    return {
        "sessions": sessions,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "seconds": {name: round(seconds, 2) for name, seconds in best.items()},
        "times_as_fast": {name: round(best["one process"] / seconds, 2) for name, seconds in best.items()},
        "start_and_warming_seconds": {name: round(seconds, 1) for name, seconds in starts.items()},
        "same_rows": len(hashes) == 1,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if find_spec("ray") is None:
        print("not run: Ray is not installed (pip install -r requirements-ray.txt)", file=sys.stderr)
        return
    os.environ.setdefault("RAY_worker_niceness", "0")  # as the processes that it is compared with
    print(json.dumps(measure(options.sessions, options.rounds), indent=1))


if __name__ == "__main__":
    main()
