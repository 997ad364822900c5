"""Training with two workers of a Ray cluster beside three seeds trained in one process: quality on the test part.

    python benchmarks/ray_training.py [--sessions 4000] [--epochs 8] [--recipe additive]

Prints JSON; needs `streamrec[ray]`. The run on Ray has the first seed. `deviations` is the distance of its Hit@10 and
NDCG@10 from the mean of the local seeds, in their standard deviations (n - 1).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import make
from streamrec_core.models.threads import one_thread
from streamrec_core.training.events import RunDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.ray_training import train_on_ray
from streamrec_core.training.run_folder import RunFolder

SEEDS = (1, 2, 3)
METRICS = ("hit@10", "ndcg@10")
WORKERS = 2


def trained(dataset: DataSet, folder: Path, seed: int, settings: dict[str, Any], workers: int = 0) -> dict[str, float]:
    """Metrics on the test part of a run in one process or, with workers, on Ray."""
    run = RunFolder(folder / f"seed{seed}-workers{workers}")
    run.begin(new_run(run.name, dataset, "transformer", settings["recipe"], {"seed": seed, **settings["rest"]}), False)
    with one_thread():
        events = list(train_on_ray(run, dataset, workers=workers) if workers else train(run, dataset, device="cpu"))
    done = events[-1]
    assert isinstance(done, RunDone)
    return {name: float(done.metrics[name]) for name in METRICS} | {"best_epoch": done.best_epoch}


def measure(sessions: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Metrics of every run, and how far that on Ray is from the local ones."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = make("streamrec", sessions=sessions, folder=Path(folder) / "data")
        local = [trained(dataset, Path(folder), seed, settings) for seed in SEEDS]
        on_ray = trained(dataset, Path(folder), SEEDS[0], settings, WORKERS)
    deviations = {
        name: round((on_ray[name] - statistics.mean(values)) / statistics.stdev(values), 2)
        for name in METRICS
        for values in ([run[name] for run in local],)
    }
    return {"sessions": sessions, **settings, "local": local, "ray": on_ray, "deviations": deviations}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--recipe", default="additive")
    options = parser.parse_args()
    if find_spec("ray") is None:
        print("not run: Ray is not installed (pip install -r requirements-ray.txt)", file=sys.stderr)
        return
    settings = {"recipe": options.recipe, "rest": {"epochs": options.epochs}}
    print(json.dumps(measure(options.sessions, settings), indent=1))


if __name__ == "__main__":
    main()
