"""A large log from end to end: generated, imported, described, browsed, and trained on for some steps.

    python benchmarks/large_log.py [--events 12000000] [--out FOLDER] [--wide] [--csv] [--steps 8]
    python benchmarks/large_log.py --events 100000000 --out /data/hundred

Each phase runs in a process of its own. Its result is kept in FOLDER as `PHASE.json`, so that the same command goes on
after an interruption; without `--out` all lies in a temporary folder. Prints JSON: of each phase the seconds, those of
the processor (which other work on the machine hardly changes), events in one of these, and memory. `own_gb` is the peak
of memory that belongs to the process alone (RssAnon, looked at twenty times a second), `peak_gb` that of all resident
memory (VmHWM), to which pages of the log count that are mapped from disk and are given back when memory is short.
`page` needs Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
STEPS = 8
LIMITS = ("--row-limit", "1000000000", "--size-limit", "40", "--time-limit", "600")
"""Of the import: the defaults are 100 million rows, 4 GB after unpacking and 60 minutes."""


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
            texts = {
                "session": _texts("s", sessions),
                "item": _texts("i", items),
                "time": _texts("", times),
                "engagement": pa.array(WORDS).take(pa.array(rng.integers(len(WORDS), size=len(rows)))),
                "title": _texts("The film with the number ", items),
                "category": _texts("category ", items % CATEGORIES),
            }
            out.write_table(pa.table({name: texts[name] for name in columns}))


def _texts(prefix: str, numbers: np.ndarray[Any, Any]) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def _writer(path: Path, names: pa.Schema) -> csv.CSVWriter | pq.ParquetWriter:
    if path.suffix == ".parquet":
        return pq.ParquetWriter(path, names)
    return csv.CSVWriter(path, names, write_options=csv.WriteOptions(quoting_style="none"))


def memory(name: str, process: int | str = "self") -> float:
    """A figure of the memory of a process in gigabytes: RssAnon, RssFile or VmHWM."""
    with open(f"/proc/{process}/status") as status:
        return int(next(line for line in status if line.startswith(name)).split()[1]) / 1e6


@contextlib.contextmanager
def watched(measured: dict[str, Any]) -> Iterator[None]:
    """Put the seconds and the memory of this process, while the block runs, into `measured`."""
    anonymous, over = [memory("RssAnon")], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            anonymous.append(memory("RssAnon"))

    watch = threading.Thread(target=look, daemon=True)
    began, worked = time.perf_counter(), time.process_time()
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()
        measured |= {
            "seconds": round(time.perf_counter() - began, 1),
            "cpu_seconds": round(time.process_time() - worked, 1),
            "own_gb": round(max(anonymous), 3),
            "peak_gb": round(memory("VmHWM"), 3),
        }


def command(*words: object) -> dict[str, Any]:
    """Run a command of the package in this process; gives its answer."""
    from streamrec_core.__main__ import main as streamrec

    libraries, measured, answer = memory("VmHWM"), dict[str, Any](), io.StringIO()
    sys.argv = ["streamrec", *map(str, words), "--json"]
    try:
        with watched(measured), contextlib.redirect_stdout(answer):
            streamrec()
    except SystemExit as end:
        if end.code:
            raise
    return {**measured, "libraries_gb": round(libraries, 3), "answer": json.loads(answer.getvalue())}


class Run:
    """The phases of one log; each method is one, and gives what it measured.

    Parameters
    ----------
    arguments : argparse.Namespace
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.events, self.wide, self.steps = arguments.events, arguments.wide, arguments.steps
        self.out: Path = arguments.out
        self.log = self.out / ("log.csv" if arguments.csv else "log.parquet")
        self.data = self.out / "workspace" / "data" / "large"

    def generate(self) -> dict[str, Any]:
        """Write the log, a piece at a time."""
        measured = dict[str, Any]()
        with watched(measured):
            write_log(self.log, self.events, self.wide)
        return measured | {"file_mb": round(self.log.stat().st_size / 1e6)}

    def bring_in(self) -> dict[str, Any]:
        """Import the log."""
        columns = [word for name in (*COLUMNS, *(WIDE if self.wide else ())) for word in (f"--{name}-column", name)]
        self.data.parent.mkdir(parents=True, exist_ok=True)
        measured = command("data", "import", "table", self.log, *columns, *LIMITS, "--out", self.data, "--overwrite")
        size = sum(file.stat().st_size for file in self.data.iterdir())
        return measured | {"answer": measured["answer"]["counts"], "data_set_mb": round(size / 1e6)}

    def describe(self) -> dict[str, Any]:
        """Describe the data set."""
        measured = command("data", "describe", self.data)
        answer = measured["answer"]
        described = ("history_length", "sparsity", "repeat_share", "split_parts", "hashes")
        return measured | {"answer": {name: answer[name] for name in described}}

    def browse(self) -> dict[str, Any]:
        """Ask what the Dataset page asks."""
        from benchmarks.large_log_browsing import browse

        measured = dict[str, Any]()
        with watched(measured):
            answers = browse(self.data)
        return measured | answers

    def page(self) -> dict[str, Any]:
        """Visit the Dataset page in Chromium."""
        from benchmarks.large_log_browsing import visit

        return visit(self.out / "workspace", self.data.name)

    def train(self) -> dict[str, Any]:
        """Open the data set and train on it for some steps."""
        from streamrec_core.data.storage import read_dataset
        from streamrec_core.training.events import StepDone
        from streamrec_core.training.loop import train
        from streamrec_core.training.new_run import new_run
        from streamrec_core.training.run_folder import RunFolder

        measured, opened, stamps = dict[str, Any](), dict[str, Any](), list[float]()
        with tempfile.TemporaryDirectory(dir=self.out) as folder, watched(measured):
            with watched(opened):
                dataset = read_dataset(self.data)
            run = RunFolder(Path(folder) / "run")
            run.begin(new_run("run", dataset, "transformer", "additive", {}))
            steps = []
            for event in train(run, dataset, lambda: len(stamps) >= self.steps, "cpu"):
                if isinstance(event, StepDone):
                    stamps.append(time.process_time())
                    steps.append(memory("RssAnon"))
        return measured | {
            "opening": opened,
            "steps": len(steps),
            "own_gb_at_steps": round(max(steps), 3),
            "cpu_seconds_a_step": round((stamps[-1] - stamps[0]) / (len(stamps) - 1), 3),
        }


PHASES: dict[str, Callable[[Run], dict[str, Any]]] = {
    "generate": Run.generate,
    "import": Run.bring_in,
    "describe": Run.describe,
    "browse": Run.browse,
    "page": Run.page,
    "train": Run.train,
}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the phases that have no result yet, each in a process of its own; gives the results of all."""
    results: dict[str, Any] = {}
    for phase in arguments.phases:
        path = arguments.out / f"{phase}.json"
        if not path.is_file():
            subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--out", arguments.out, "--phase", phase],
                check=True,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
            )
        results[phase] = json.loads(path.read_text())
        if "cpu_seconds" in results[phase]:
            results[phase]["events_a_cpu_second"] = round(arguments.events / max(results[phase]["cpu_seconds"], 0.1))
        print(f"{phase}: {json.dumps(results[phase])}", file=sys.stderr, flush=True)
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=12_000_000)
    parser.add_argument("--out", type=Path, help="keep the log and the results here")
    parser.add_argument("--wide", action="store_true", help="with titles and categories")
    parser.add_argument("--csv", action="store_true", help="the log is CSV instead of Parquet")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--phases", nargs="+", choices=list(PHASES), default=list(PHASES))
    parser.add_argument("--phase", choices=list(PHASES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.phase:
        measured = PHASES[arguments.phase](Run(arguments))
        (arguments.out / f"{arguments.phase}.json").write_text(json.dumps(measured))
        return
    with tempfile.TemporaryDirectory() as folder:
        arguments.out = (arguments.out or Path(folder)).resolve()
        arguments.out.mkdir(parents=True, exist_ok=True)
        settings = {"events": arguments.events, "wide": arguments.wide, "csv": arguments.csv, "steps": arguments.steps}
        stored = arguments.out / "settings.json"
        if stored.is_file() and json.loads(stored.read_text()) != settings:
            raise SystemExit(f"{arguments.out} holds results of {stored.read_text()}; choose another folder")
        stored.write_text(json.dumps(settings))
        print(json.dumps({"cores": os.cpu_count(), **settings, **measure(arguments)}, indent=2))


if __name__ == "__main__":
    main()
