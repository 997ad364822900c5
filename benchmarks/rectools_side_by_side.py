"""Models of RecTools beside those of this project: the same split, the same evaluator, paired intervals.

    python -m venv build/rectools && build/rectools/bin/pip install -r benchmarks/rectools_requirements.txt
    export PYTHONPATH=$PWD
    build/rectools/bin/python benchmarks/rectools_side_by_side.py --data FOLDER --out FOLDER --model sasrec
    build/rectools/bin/python benchmarks/rectools_side_by_side.py --data FOLDER --out FOLDER --run RUN_FOLDER
    build/rectools/bin/python benchmarks/rectools_side_by_side.py --data FOLDER --out FOLDER --table

Each model is trained by a process of its own and leaves `NAME.npz` in `--out`: the rank of every test target, and what
it took. A model whose file is there is not trained again. `--model plain` and `additive` train this project's
transformers in the same process and measure them alike; `--run` evaluates a run that was trained elsewhere. `--table`
prints accuracy, seconds an epoch (without its validation), peak memory, and the difference of each of the project's
models to each of RecTools.

With `--batches` a model is trained for so many batches, nothing is ranked or written, and the seconds of a whole epoch
at that rate and the peak memory are printed as JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import math
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.rectools_models import SETTINGS, Fitting, fit, settings_of
from streamrec_core.adapters.presets import from_rectools
from streamrec_core.adapters.scored_model import ScoredModel
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput, Refused
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.seeds import paired_difference
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.training.events import EpochDone, RunDone, RunStarted, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

OURS = ("plain", "additive")
"""Recipes of this project's transformer."""
BATCH = 128
VALIDATION_GAP = 0.002
"""Largest difference of the best epoch's NDCG@10, ranked after the epoch and again by the project's evaluator."""
Record = dict[str, Any]


def train_rectools(name: str, dataset: DataSet, options: argparse.Namespace) -> tuple[IntArray, Record]:
    """Test ranks of a model of RecTools, and what it took."""
    divided = split(dataset)
    model, progress = fit(name, dataset, divided, fitting_of(options), options.width)
    record = {
        "settings": settings_of(name, options.width),
        "seconds_an_epoch": float(np.median([clock for clock, _ in progress.seconds])),
        "processor_seconds_an_epoch": float(np.median([processor for _, processor in progress.seconds])),
        "epochs": len(progress.seconds),
        "best_epoch": progress.best_epoch,
        "stopped_by": progress.stopped_by,
        "validation_ndcg@10": progress.validation,
    } | peak_memory()
    scored = ScoredModel(from_rectools(model), dataset.catalogue)
    best = max(progress.validation)
    again = evaluate(scored, dataset, divided, "validation").metrics()["ndcg@10"]
    if abs(best - again) > VALIDATION_GAP:
        raise Refused(f"{name}: validation NDCG@10 is {best:.4f} by the callback and {again:.4f} by the evaluator")
    return evaluate(scored, dataset, divided).ranks, record


def fitting_of(options: argparse.Namespace) -> Fitting:
    """How the options say that RecTools trains."""
    return Fitting(
        options.epochs,
        options.patience,
        options.batches,
        time.monotonic() + options.minutes * 60,
        options.device,
        options.seed,
        options.workers,
        options.precision,
    )


def train_ours(recipe: str, dataset: DataSet, options: argparse.Namespace) -> tuple[IntArray, Record]:
    """Test ranks of this project's transformer, trained here with its recipe, and what it took."""
    overrides = {"epochs": options.epochs, "seed": options.seed, "patience": options.patience}
    overrides |= {} if options.width is None else {"width": options.width}
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / recipe)
        run.begin(new_run(recipe, dataset, "transformer", recipe, overrides))
        events = [(event, time.process_time()) for event in train(run, dataset, device=options.device)]
        steps = [processor for event, processor in events if isinstance(event, StepDone)]
        epochs = [event for event, _ in events if isinstance(event, EpochDone)]
        done = next(event for event, _ in events if isinstance(event, RunDone))
        record = {
            "settings": run.config().architecture,
            "seconds_an_epoch": float(np.median([epoch.seconds for epoch in epochs])),
            "processor_seconds_an_epoch": float(np.median(np.diff(steps))) * epochs[0].step,
            "epochs": len(epochs),
            "best_epoch": done.best_epoch,
            "stopped_by": "patience" if done.reason == "no better epoch" else "epochs",
            "validation_ndcg@10": [epoch.metrics["ndcg@10"] for epoch in epochs],
        } | peak_memory()
        return evaluate(load_checkpoint(run.best, dataset.catalogue), dataset).ranks, record


def train_one(dataset: DataSet, options: argparse.Namespace) -> None:
    """Train the model that is named and write its file, unless that is there."""
    path = options.out / f"{options.model}.npz"
    if path.exists():
        logging.info("%s is there already", path)
        return
    ranks, record = (train_ours if options.model in OURS else train_rectools)(options.model, dataset, options)
    write(path, ranks, record | {"data": dataset.card.hashes["events"], "device": options.device})


def time_batches(name: str, dataset: DataSet, options: argparse.Namespace) -> Record:
    """Seconds of a whole epoch and peak memory, after so many batches."""
    divided = split(dataset)
    if name in OURS:
        seconds = seconds_of_steps(name, dataset, options)
    else:
        # Of the two epochs the faster, without what the first batch sets up; one validation history, for its moment.
        options.epochs, options.patience = 2, 2
        short = dataclasses.replace(divided, validation=divided.validation.take(np.array([0])))
        _, progress = fit(name, dataset, short, fitting_of(options), options.width)
        scale = math.ceil(len(divided.train) / BATCH) / options.batches
        seconds = scale * np.array(progress.seconds).min(0)
    return (
        dict(zip(("seconds_an_epoch", "processor_seconds_an_epoch"), map(float, seconds), strict=True)) | peak_memory()
    )


def seconds_of_steps(recipe: str, dataset: DataSet, options: argparse.Namespace) -> npt.NDArray[np.float64]:
    """Clock and processor seconds of an epoch of this project's transformer, by its first steps after the first.

    Batches hold sessions of similar length, so that the seconds go by the events of those steps.
    """
    overrides = {"seed": options.seed} | ({} if options.width is None else {"width": options.width})
    marks: list[tuple[float, float]] = []
    events: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / recipe)
        run.begin(new_run(recipe, dataset, "transformer", recipe, overrides))
        for event in train(run, dataset, lambda: len(events) >= options.batches, options.device):
            if isinstance(event, RunStarted | StepDone):
                marks.append((time.monotonic(), time.process_time()))
            if isinstance(event, StepDone):
                events.append(event.events_per_second * (marks[-1][0] - marks[0][0]))
        window = run.config().architecture["max_events"]
    of_epoch = np.minimum(split(dataset).train.ends, window).sum()
    return (np.array(marks[-1]) - marks[1]) / (events[-1] - events[0]) * of_epoch


def evaluate_run(folder: Path, dataset: DataSet) -> tuple[IntArray, Record]:
    """Test ranks of a run that was trained elsewhere, by its best epoch."""
    run = RunFolder(folder)
    return evaluate(load_checkpoint(run.best, dataset.catalogue), dataset).ranks, {
        "settings": run.config().architecture
    }


def peak_memory() -> Record:
    """Gigabytes of this process at most: resident, and on the GPU where there is one."""
    resident = {"resident_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}
    if not torch.cuda.is_available():
        return resident
    return resident | {"gpu_gb": torch.cuda.max_memory_allocated() / 1e9, "gpu": torch.cuda.get_device_name()}


def write(path: Path, ranks: IntArray, record: Record) -> None:
    """Ranks and record in one file, which is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, ranks=ranks, record=np.array(json.dumps(record)))
    os.replace(partial, path)


def read(path: Path, dataset: DataSet) -> tuple[Evaluation, Record]:
    """The evaluation of a model whose file is there, and what it took; a file of ranks alone will do.

    Raises
    ------
    BadInput
        The ranks are not those of this data set's test part.
    """
    with np.load(path) as stored:
        ranks = stored["ranks"].astype(np.int64)
        record = json.loads(str(stored["record"])) if "record" in stored else {}
    divided = split(dataset)
    hashes = record.get("data")
    if len(ranks) != len(divided.test) or hashes not in (None, dataset.card.hashes["events"]):
        raise BadInput(f"{path}: its ranks are not those of the test part of {dataset.name}; remove it or train again")
    return Evaluation(path.stem, "test", divided.kind, dataset.card.filter_seen, ranks, None, None), record


def rows_of(evaluations: list[tuple[Evaluation, Record]]) -> list[str]:
    """A markdown table of every model, best first."""
    lines = [
        "| model | Hit@10 | NDCG@10 | best epoch | seconds an epoch | of the processor | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for evaluation, record in sorted(evaluations, key=lambda pair: -pair[0].metrics()["ndcg@10"]):
        metrics = evaluation.metrics()
        figures = [
            f"{metrics[name]:.3f} [{low:.3f}, {high:.3f}]"
            for name in ("hit@10", "ndcg@10")
            for low, high in [metrics[f"{name}_interval"]]
        ]
        epochs = f"{record['best_epoch']} of {record['epochs']}" if "epochs" in record else "–"
        epochs += " (time was up)" if record.get("stopped_by") == "time" else ""
        seconds = [
            f"{record[name]:.1f}" if name in record else "–"
            for name in ("seconds_an_epoch", "processor_seconds_an_epoch")
        ]
        memory = f"{record['resident_gb']:.1f} GB" if "resident_gb" in record else "–"
        memory += f", GPU {record['gpu_gb']:.1f} GB" if "gpu_gb" in record else ""
        lines.append(f"| {evaluation.model} | {' | '.join(figures)} | {epochs} | {' | '.join(seconds)} | {memory} |")
    return lines


def differences(evaluations: list[Evaluation]) -> list[str]:
    """A markdown table of each of the project's models less each of RecTools', paired over test sessions."""
    lines = ["| paired [95 %] | Hit@10 | NDCG@10 |", "|---|---|---|"]
    for first in (evaluation for evaluation in evaluations if evaluation.model not in SETTINGS):
        for second in (evaluation for evaluation in evaluations if evaluation.model in SETTINGS):
            cells = []
            for metric in ("hit@10", "ndcg@10"):
                paired = paired_difference([first], [second], metric)
                low, high = paired[f"{metric}_difference_interval"]
                cells.append(f"{paired[f'{metric}_difference']:+.4f} [{low:+.4f}, {high:+.4f}]")
            lines.append(f"| {first.model} minus {second.model} | {' | '.join(cells)} |")
    return lines


def parser() -> argparse.ArgumentParser:
    """Options."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", help="data set folder, or a name in the workspace")
    options.add_argument("--out", type=Path, default=Path("workspace/rectools"), help="folder of the results")
    options.add_argument("--model", choices=[*SETTINGS, *OURS], help="one, so that its peak of memory is its alone")
    options.add_argument("--run", type=Path, nargs="*", default=[], help="run folders of this project")
    options.add_argument("--table", action="store_true", help="print what is in --out")
    options.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options.add_argument("--epochs", type=int, default=100)
    options.add_argument("--patience", type=int, default=10, help="epochs without a better validation NDCG@10")
    options.add_argument("--minutes", type=float, default=math.inf, help="of training, at most")
    options.add_argument("--batches", type=int, help="train only so many, to measure time and memory")
    options.add_argument("--width", type=int, help="another width than the model's")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=0, help="processes that make batches, for RecTools")
    options.add_argument("--precision", default="32-true", help="of Lightning, such as bf16-mixed")
    return options


def main() -> int:
    """Train what is named, then print the table."""
    options = parser().parse_args()
    if not options.data:
        print(json.dumps({"skipped": "name a data set with --data; see --help"}))
        return 0
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.device == "cuda":
        if not torch.cuda.is_available():
            raise SystemExit("torch sees no CUDA device on this machine; choose --device cpu")
        torch.set_float32_matmul_precision("high")
    dataset = open_data(options.data)
    if options.model and options.batches:
        print(json.dumps({"model": options.model} | time_batches(options.model, dataset, options)))
        return 0
    if options.model:
        train_one(dataset, options)
    for folder in options.run:
        write(options.out / f"{folder.name}.npz", *evaluate_run(folder, dataset))
    if options.table or options.model or options.run:
        results = [read(path, dataset) for path in sorted(options.out.glob("*.npz"))]
        print("\n".join([*rows_of(results), "", *differences([evaluation for evaluation, _ in results])]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BadInput, Refused) as error:
        sys.exit(str(error))
