"""What it saves that visitors take turns: sixteen threads that check explanations, with and without.

    python benchmarks/turns.py [--seconds 30] [--rounds 2]

Prints JSON, a row for each way and round (in turns, a process each, memory set as the server sets it): checked
explanations, their processor time, how long a visitor waited for one, and memory as `benchmarks/malloc.py` gives it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading

from benchmarks.malloc import check_for
from pages.ui.malloc import limit_fragmentation
from pages.ui.turns import CORES

THREADS = 16
TURNS = {"all at once": None, "in turns": CORES}


def main() -> None:
    """Measure each way in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--one", choices=TURNS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        limit_fragmentation()
        turns = TURNS[arguments.one]
        turn = threading.BoundedSemaphore(turns) if turns else None
        print(json.dumps(check_for(arguments.seconds, THREADS, turn)))
        return
    for number in range(arguments.rounds):
        for name in TURNS:
            command = [sys.executable, __file__, "--one", name, "--seconds", str(arguments.seconds)]
            environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as the server sets it
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            print(
                json.dumps({"round": number + 1, "turns": name, **json.loads(done.stdout.splitlines()[-1])}), flush=True
            )


if __name__ == "__main__":
    main()
