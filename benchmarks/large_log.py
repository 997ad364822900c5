"""How much memory a large log takes: imported, described, and trained on for some steps, each in its own process.

    python benchmarks/large_log.py [--events 12000000] [--wide] [--parquet] [--steps 20]

Writes the log into a temporary folder first, a piece at a time: CSV (some 400 MB for 12 million events, twice that with
`--wide`, which adds titles and categories) or, with `--parquet`, Parquet (a third of that). Prints JSON: the peak of
resident memory (VmHWM) and the seconds of each process, the rows that came out, and what Python and its libraries take
without any data. Of the memory of training, pages of the log that are mapped from disk are told apart: the system takes
them back when memory is short.
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
import pyarrow.parquet as pq
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
TRAIN = """
import json, sys, time
from pathlib import Path
from streamrec_core.data.storage import read_dataset
from streamrec_core.training.events import StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
def memory(name):
    return int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1]) / 1e6
libraries, began = memory("VmHWM"), time.perf_counter()
dataset = read_dataset(Path(sys.argv[1]))
opened, opening = memory("VmHWM"), time.perf_counter() - began
run = RunFolder(Path(sys.argv[2]))
run.begin(new_run("run", dataset, "transformer", "additive", {}))
stamps, anonymous = [], []
for event in train(run, dataset, lambda: len(stamps) >= int(sys.argv[3]), "cpu"):
    if isinstance(event, StepDone):
        stamps.append(time.process_time())
        anonymous.append(memory("RssAnon"))
print(json.dumps({
    "libraries_gb": round(libraries, 3), "opened_gb": round(opened, 3), "opening_seconds": round(opening, 1),
    "peak_gb": round(memory("VmHWM"), 3), "steps_without_mapped_pages_gb": round(max(anonymous), 3),
    "mapped_gb": round(memory("RssFile"), 3),
    "seconds_a_step": round((stamps[-1] - stamps[0]) / (len(stamps) - 1), 3),
}))
"""


def write_log(path: Path, events: int, wide: bool, seed: int = 1) -> None:
    """Write sessions of ten events in order of time, as a web shop would: sessions run side by side.

    Parameters
    ----------
    path : Path
        CSV or Parquet, as its ending says.
    events : int
    wide : bool
        Also titles and categories.
    seed : int
    """
    rng = np.random.default_rng(seed)
    columns = [*COLUMNS, *(WIDE if wide else ())]
    names = pa.schema([(name, pa.string()) for name in columns])
    with _writer(path, names) as out:
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


def _writer(path: Path, names: pa.Schema) -> csv.CSVWriter | pq.ParquetWriter:
    if path.suffix == ".parquet":
        return pq.ParquetWriter(path, names)
    return csv.CSVWriter(path, names, write_options=csv.WriteOptions(quoting_style="none"))


def trained(data: Path, run: Path, steps: int) -> dict[str, Any]:
    """Open a data set and train on it for some steps, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(data), str(run), str(steps)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


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


def measure(events: int, wide: bool, parquet: bool, steps: int, folder: Path) -> dict[str, Any]:
    """Write the log, import it, describe it and train on it.

    Parameters
    ----------
    events : int
    wide, parquet : bool
    steps : int
        Of training.
    folder : Path
        For the log and the data set.

    Returns
    -------
    dict of str to Any
    """
    log, out = folder / ("log.parquet" if parquet else "log.csv"), folder / "data"
    write_log(log, events, wide)
    columns = [word for name in (*COLUMNS, *(WIDE if wide else ())) for word in (f"--{name}-column", name)]
    imported = watched("data", "import", "table", log, *columns, "--out", out)
    described = watched("data", "describe", out)
    training = trained(out, folder / "run", steps)
    counts = imported.pop("answer")["counts"]
    description = described.pop("answer")
    return {
        "events": events,
        "wide": wide,
        "parquet": parquet,
        "file_mb": round(log.stat().st_size / 1e6),
        "data_set_mb": round(sum(file.stat().st_size for file in out.iterdir()) / 1e6),
        "import": imported,
        "describe": described,
        "train": training,
        "counts": counts,
        "hash": description["hashes"]["events"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=12_000_000)
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--parquet", action="store_true")
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = (arguments.events, arguments.wide, arguments.parquet, arguments.steps)
        measured = measure(*sizes, Path(folder))
    print(json.dumps({"cores": os.cpu_count(), **measured}, indent=2))


if __name__ == "__main__":
    main()
