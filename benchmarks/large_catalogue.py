"""What a large catalogue costs: training, recommending and explaining, each in a process of its own.

    python benchmarks/large_catalogue.py [--items 1000 5000 50000 500000 1000000] [--events 10 50 200] [--steps 20]

Prints JSON. The log is invented (3,000 sessions, titles drawn as a shop's are, some often and most seldom); weights are
random, since what is measured does not depend on them. Training: seconds of a step of 128 sessions after the first, the
peak of resident memory (VmHWM) of the whole process with its checkpoint and a validation; up to 50,000 items also with
negatives sampled. Recommending: the exact ten of all items, milliseconds a session, in batches and each session alone.
Explaining: the complete checked explanation of two sessions at once, seconds a session, for each length of the history.
One thread; times are of the processor.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamrec_core.api.explaining import recommend
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.splits import Examples, split
from streamrec_core.data.storage import write_dataset
from streamrec_core.evaluation.ranking import rank
from streamrec_core.explain.verified import verify_examples
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.training.events import StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.validation import validate

SESSIONS, LENGTH = 3_000, 16
ALL_AT_ONCE = 50_000
"""Items up to which training with all scores is measured beside."""
RECOMMENDED, ALONE, EXPLAINED = 48, 9, 2
JOBS = ("last", "recent", "category", "opening", "recent", "category", "engaged", "series")


def peak_gb() -> float:
    """The peak of this process's resident memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1e6, 2)


def invented(items: int, length: int = LENGTH, sessions: int = SESSIONS) -> DataSet:
    """A log over so many titles of forty categories."""
    rng = np.random.default_rng(1)
    catalogue = Catalogue(
        item_ids=tuple(f"i{row}" for row in range(items)),
        titles=tuple(f"Title {row}" for row in range(items)),
        category_of=np.arange(items, dtype=np.int64) % 40,
        categories=tuple(f"Category {number}" for number in range(40)),
        neutral=np.zeros(items, bool),
    )
    count = sessions * (length + 1)
    rows = np.minimum((items * rng.random(count) ** 3).astype(np.int32), items - 1)
    ids = tuple(f"s{row}" for row in range(sessions))
    log = EventLog(ids, ragged([length + 1] * sessions), rows, rng.integers(0, 5, count).astype(np.int8))
    return make_dataset(catalogue, log, name="invented", kind="log", source="random", licence="none needed")


def random_model(dataset: DataSet, max_events: int) -> SessionModel:
    """An additive model of the shipped shape with random weights and followers."""
    torch.manual_seed(0)
    settings = TransformerSettings(additive=True, item_bias=True, jobs=JOBS, followers=16, max_events=max_events)
    model = build_model(settings, dataset.catalogue).eval()
    with torch.no_grad():
        for value in model.parameters():
            value += torch.randn_like(value) * 0.05
    every = np.arange(len(dataset.log))
    model.count(dataset.log, Examples(every, dataset.log.lengths - 1), dataset.catalogue, last_only=False)
    return model


def training(items: int, steps: int, negatives: int | None) -> dict[str, Any]:
    """Train for some steps, save, and validate.

    Parameters
    ----------
    items, steps : int
    negatives : int or None
        As the setting of that name.

    Returns
    -------
    dict of str to Any
    """
    stamps: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        dataset = write_dataset(invented(items), Path(folder) / "data")
        run = RunFolder(Path(folder) / "run")
        run.begin(new_run("run", dataset, "transformer", "additive", {"negatives": negatives}))
        for event in train(run, dataset, lambda: len(stamps) >= steps, "cpu"):
            if isinstance(event, StepDone):
                stamps.append(time.process_time())
        after_steps = peak_gb()
        model = load_checkpoint(run.last, dataset.catalogue)
        began = time.process_time()
        validate(model, dataset, split(dataset))  # type: ignore[arg-type]
    return {
        "seconds_a_step": round(float(np.median(np.diff(stamps))), 3),
        "peak_gb_of_steps": after_steps,
        "peak_gb": peak_gb(),
        "validation_ms_a_session": round(1000 * (time.process_time() - began) / len(split(dataset).validation), 1),
    }


def recommending(items: int) -> dict[str, Any]:
    """Rank all items after some histories, in batches, and each of a few by itself."""
    dataset = invented(items)
    model = random_model(dataset, 50)
    examples = Examples(np.arange(RECOMMENDED), dataset.log.lengths[:RECOMMENDED] - 1)
    rank(model, dataset, examples, filter_seen=True)
    began = time.process_time()
    rank(model, dataset, examples, filter_seen=True)
    in_batches, alone = (time.process_time() - began) / RECOMMENDED, []
    for session in dataset.log.session_ids[:ALONE]:
        began = time.process_time()
        recommend(model, dataset, session)
        alone.append(time.process_time() - began)
    return {
        "ms_a_session": round(1000 * in_batches, 1),
        "ms_alone": round(1000 * float(np.median(alone)), 1),
        "peak_gb": peak_gb(),
    }


def explaining(items: int, length: int) -> dict[str, Any]:
    """Explain two sessions of so many events."""
    dataset = invented(items, length, 200)
    model = random_model(dataset, max(50, length))
    examples = Examples(np.arange(EXPLAINED), dataset.log.lengths[:EXPLAINED] - 1)
    verify_examples(model, dataset, examples.take(np.arange(1)))
    began = time.process_time()
    verify_examples(model, dataset, examples)
    return {"seconds_a_session": round((time.process_time() - began) / EXPLAINED, 3), "peak_gb": peak_gb()}


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    "train": training,
    "recommend": recommending,
    "explain": explaining,
}


def in_own_process(measure: str, *numbers: int | None) -> dict[str, Any]:
    """One measure in a process that did nothing else before."""
    command = [sys.executable, __file__, "--measure", measure, *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"code {done.returncode}"}
    measured: dict[str, Any] = json.loads(done.stdout)
    sys.stderr.write(f"{measure} {numbers}: {measured}\n")
    return measured


def main() -> None:
    """Measure and print, or be the process that measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="*", default=[1_000, 5_000, 50_000, 500_000, 1_000_000])
    parser.add_argument("--events", type=int, nargs="*", default=[10, 50, 200])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--only", choices=tuple(MEASURES), help="one of the three parts")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.measure:
        measure, *words = arguments.measure
        measured = MEASURES[measure](*(None if word == "None" else int(word) for word in words))
        sys.stdout.write(json.dumps(measured))
        return
    parts: dict[str, dict[str, Any]] = {}
    for items in arguments.items:
        if arguments.only in (None, "train"):
            parts.setdefault("train", {})[f"{items:,}"] = in_own_process("train", items, arguments.steps, None)
            if items <= ALL_AT_ONCE:
                name = f"{items:,}, 8,192 sampled"
                parts["train"][name] = in_own_process("train", items, arguments.steps, 8_192)
        if arguments.only in (None, "recommend"):
            parts.setdefault("recommend", {})[f"{items:,}"] = in_own_process("recommend", items)
        for length in arguments.events if arguments.only in (None, "explain") else ():
            name = f"{items:,} items, {length} events"
            parts.setdefault("explain", {})[name] = in_own_process("explain", items, length)
    sys.stdout.write(json.dumps({"sessions": SESSIONS, "events": LENGTH, **parts}, indent=2) + "\n")


if __name__ == "__main__":
    main()
