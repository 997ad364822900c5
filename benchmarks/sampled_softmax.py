"""What sampling negatives costs in quality, and what it saves: the same model trained with all items and with a sample.

    python benchmarks/sampled_softmax.py --data FOLDER_OF_ML_100K [--negatives 128 512] [--seeds 1] [--epochs 40]

Prints JSON: for each recipe and number of negatives (0: all items, dense AdamW; else sampled softmax with row-wise
Adagrad for the item vectors) Hit@10 and NDCG@10 on the test part with 95 % intervals, the epoch that validation chose,
seconds an epoch, and the paired difference to all items (test sessions and seeds resampled together).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.evaluation.metrics import interval
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.training.events import EpochDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder


@dataclass(frozen=True, eq=False)
class Trained:
    """The test ranks of one run, and how long it took."""

    ranks: np.ndarray[Any, np.dtype[np.int64]]
    best_epoch: int
    seconds: float


def trained(dataset: DataSet, recipe: str, settings: dict[str, Any]) -> Trained:
    """Train one model and rank the test part with its best epoch.

    Parameters
    ----------
    dataset : DataSet
    recipe : str
    settings : dict of str to Any
        Overrides of the recipe.

    Returns
    -------
    Trained
    """
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "run")
        run.begin(new_run("run", dataset, "transformer", recipe, settings))
        epochs = [event for event in train(run, dataset) if isinstance(event, EpochDone)]
        ranks = evaluate(load_checkpoint(run.best, dataset.catalogue), dataset).ranks
    best = max(epoch.epoch for epoch in epochs if epoch.best)
    return Trained(ranks, best, float(np.median([epoch.seconds for epoch in epochs])))


def hits(run: Trained) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Hit@10 of every test session."""
    return (run.ranks <= 10).astype(np.float64)


def gains(run: Trained) -> np.ndarray[Any, np.dtype[np.float64]]:
    """NDCG@10 of every test session."""
    return np.where(run.ranks <= 10, 1 / np.log2(run.ranks + 1.0), 0.0)


def summary(runs: list[Trained], full: list[Trained]) -> dict[str, Any]:
    """Figures of one setting over its seeds, and how they differ from those with all items."""
    figures: dict[str, Any] = {
        "best_epochs": [run.best_epoch for run in runs],
        "seconds_an_epoch": round(float(np.median([run.seconds for run in runs])), 2),
    }
    for name, measure in (("hit@10", hits), ("ndcg@10", gains)):
        mean = np.mean([measure(run) for run in runs], 0)  # over seeds, session by session
        figures[name], figures[f"{name}_interval"] = float(mean.mean()), interval(mean)
        if runs is not full:
            difference = mean - np.mean([measure(run) for run in full], 0)
            figures[f"{name}_difference"] = float(difference.mean())
            figures[f"{name}_difference_interval"] = interval(difference)
    return figures


def main() -> None:
    """Train, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--negatives", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--recipes", nargs="+", default=["plain", "additive"])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--set", nargs="*", default=[], help="settings of every run, NAME=NUMBER")
    arguments = parser.parse_args()
    if not arguments.data:
        print(json.dumps({"skipped": "name a data set with --data; see --help"}))
        return
    torch.set_num_threads(1)
    dataset = open_data(arguments.data)
    shared = {name: float(value) for name, value in (pair.split("=") for pair in arguments.set)}
    shared |= {} if arguments.epochs is None else {"epochs": arguments.epochs}
    results: dict[str, Any] = {**vars(arguments), "items": len(dataset.catalogue)}
    for recipe in arguments.recipes:
        full: list[Trained] = []
        for negatives in (0, *arguments.negatives):
            runs = [
                trained(dataset, recipe, {**shared, "negatives": negatives, "seed": seed}) for seed in arguments.seeds
            ]
            full = full or runs
            results[f"{recipe}, {negatives or 'all items'}"] = summary(runs, full)
            sys.stderr.write(f"{recipe} {negatives}: {summary(runs, full)}\n")
    sys.stdout.write(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
