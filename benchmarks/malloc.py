"""What the server's settings of glibc's malloc save: six threads that check explanations, with and without them.

    python benchmarks/malloc.py [--seconds 45] [--rounds 3]

Prints JSON, a row for each setting and round (in turns, a process each): checked explanations, their processor time in
milliseconds, and by thirds of the time the resident memory, what the arenas hold and what of it is in use, in MB. The
last 256 records are kept, as the dashboard does.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from pages.ui.malloc import limit_fragmentation

THREADS = 6
RECORDS = 256
MALLINFO2 = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class Mallinfo2(ctypes.Structure):
    """What glibc says of its memory (mallinfo(3))."""

    _fields_ = [(name, ctypes.c_size_t) for name in MALLINFO2]


def memory() -> dict[str, int]:
    """Resident, held by arenas, in use; in MB."""
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Mallinfo2
    says = libc.mallinfo2()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    sizes = {"resident": pages * os.sysconf("SC_PAGE_SIZE"), "arenas": says.arena, "in_use": says.uordblks}
    return {name: round(size / 1e6) for name, size in sizes.items()}


def check_for(
    seconds: float, threads: int = THREADS, turn: AbstractContextManager[Any] | None = None
) -> dict[str, Any]:
    """Check explanations in one to so many threads at a time, as visitors meet; each waits for a turn, if any."""
    from streamrec_core.config import checkpoints_folder
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.explain.first_look import explain_session
    from streamrec_core.explain.verified import verify
    from streamrec_core.models.checkpoint import load_checkpoint

    data = open_data("streamrec")
    model = load_checkpoint(checkpoints_folder() / "streamrec-transformer", data.catalogue)
    tests = split(data).test.sessions
    rng, records, checked = np.random.default_rng(0), [None] * RECORDS, 0
    waits: list[float] = []

    def rerun(number: int) -> None:
        began_at, session = time.perf_counter(), data.log.session_ids[tests[number % len(tests)]]
        with turn or nullcontext():
            records[number % RECORDS] = verify(model, data, explain_session(model, data, session))  # type: ignore[call-overload]
        waits.append(time.perf_counter() - began_at)

    began, used = time.monotonic(), time.process_time()
    megabytes: list[dict[str, int]] = []
    while (spent := time.monotonic() - began) < seconds:
        visitors = [threading.Thread(target=rerun, args=(checked + k,)) for k in range(rng.integers(1, threads + 1))]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        checked += len(visitors)
        if spent >= (len(megabytes) + 1) * seconds / 3:
            megabytes.append(memory())
    milliseconds = 1000 * (time.process_time() - used) / checked
    return {
        "checked": checked,
        "milliseconds": round(milliseconds, 1),
        "waited_milliseconds": {f"p{share}": round(1000 * float(np.percentile(waits, share))) for share in (50, 95)},
        "megabytes": [*megabytes, memory()],
    }


def main() -> None:
    """Measure each setting in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=("default", "limited"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        if arguments.one == "limited" and not limit_fragmentation():
            raise SystemExit("this C library is not glibc")
        print(json.dumps(check_for(arguments.seconds)))
        return
    for number in range(arguments.rounds):
        for name in ("default", "limited"):
            command = [sys.executable, __file__, "--one", name, "--seconds", str(arguments.seconds)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            print(json.dumps({"round": number + 1, "malloc": name, **json.loads(done.stdout.splitlines()[-1])}))


if __name__ == "__main__":
    main()
