"""How much memory a large log takes: imported from CSV, and described, each in a process of its own.

    python benchmarks/large_log.py [--events 12000000] [--wide]

Writes the log into a temporary folder first, a piece at a time (some 400 MB for 12 million events, twice that with
`--wide`, which adds titles and categories). Prints JSON: the peak of resident memory (VmHWM) and the seconds of each
process, the rows that came out, and what Python and its libraries take without any data.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

PIECE = 500_000
"""Events that are written at a time."""
SESSION_LENGTH = 10
ITEMS, CATEGORIES = 50_000, 40
FIRST_TIME, LAST_TIME = 1_704_067_200, 1_735_689_600
"""Of 2024."""
WORDS = ("click", "click", "click", "click", "partial_view", "full_view", "save", "share")
COLUMNS = ("session", "item", "time", "engagement")
WIDE = ("title", "category")
WATCH = """
import json, resource, sys
from pathlib import Path
from streamrec_core.__main__ import main
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1e6
libraries = peak()
try:
    main()
except SystemExit as end:
    code = end.code or 0
print(json.dumps({"code": code, "libraries_gb": round(libraries, 3), "peak_gb": round(peak(), 3)}), file=sys.stderr)
"""


def write_log(path: Path, events: int, wide: bool, seed: int = 1) -> None:
    """Write a CSV of sessions of ten events in order of time, as a web shop would: sessions run side by side.

    Parameters
    ----------
    path : Path
    events : int
    wide : bool
        Also titles and categories.
    seed : int
    """
    rng = np.random.default_rng(seed)
    columns = [*COLUMNS, *(WIDE if wide else ())]
    names = pa.schema([(name, pa.string()) for name in columns])
    with (
        path.open("wb") as file,
        csv.CSVWriter(file, names, write_options=csv.WriteOptions(quoting_style="none")) as out,
    ):
        for start in range(0, events, PIECE):
            rows = np.arange(start, min(start + PIECE, events))
            # Of each piece the sessions are shuffled among each other, those of different pieces are not.
            sessions = rng.permutation(rows) // SESSION_LENGTH
            items = np.minimum((ITEMS * rng.random(len(rows)) ** 3).astype(np.int64), ITEMS - 1)
            times = FIRST_TIME + rows * (LAST_TIME - FIRST_TIME) // events
            values = {
                "session": np.char.add("s", sessions.astype(str)),
                "item": np.char.add("i", items.astype(str)),
                "time": times.astype(str),
                "engagement": np.array(WORDS)[rng.integers(len(WORDS), size=len(rows))],
                "title": np.char.add("The film with the number ", items.astype(str)),
                "category": np.char.add("category ", (items % CATEGORIES).astype(str)),
            }
            out.write_table(pa.table({name: pa.array(values[name].tolist(), pa.string()) for name in columns}))


def watched(*arguments: object) -> dict[str, Any]:
    """Run a command of the package in a process of its own, and measure it."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *map(str, arguments), "--json"], capture_output=True, text=True, check=False
    )
    seconds = round(time.perf_counter() - began, 1)
    if done.returncode:
        raise SystemExit(done.stderr)
    measured = json.loads(done.stderr.splitlines()[-1])
    return {**measured, "seconds": seconds, "answer": json.loads(done.stdout)}


def measure(events: int, wide: bool, folder: Path) -> dict[str, Any]:
    """Write the log, import it and describe it.

    Parameters
    ----------
    events : int
    wide : bool
    folder : Path
        For the log and the data set.

    Returns
    -------
    dict of str to Any
    """
    log, out = folder / "log.csv", folder / "data"
    write_log(log, events, wide)
    columns = [word for name in (*COLUMNS, *(WIDE if wide else ())) for word in (f"--{name}-column", name)]
    imported = watched("data", "import", "table", log, *columns, "--out", out)
    described = watched("data", "describe", out)
    counts = imported.pop("answer")["counts"]
    description = described.pop("answer")
    return {
        "events": events,
        "wide": wide,
        "file_mb": round(log.stat().st_size / 1e6),
        "data_set_mb": round(sum(file.stat().st_size for file in out.iterdir()) / 1e6),
        "import": imported,
        "describe": described,
        "counts": counts,
        "hash": description["hashes"]["events"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=12_000_000)
    parser.add_argument("--wide", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(arguments.events, arguments.wide, Path(folder))
    print(json.dumps({"cores": os.cpu_count(), **measured}, indent=2))


if __name__ == "__main__":
    main()
