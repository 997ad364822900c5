"""Settings that were tried for each model, chosen on validation: the transformer and the LSTM get equally many.

    python benchmarks/tuning.py [--data streamrec] [--models additive lstm plain] [--only TAG ...] [--seed 1]

Runs lie in the workspace and are resumed. The test part is not looked at. Prints JSON: for each model and setting the
validation figures of its best epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import CARD_FILE
from streamrec_core.training.events import EpochDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

MODELS = {"additive": ("additive", "transformer"), "plain": ("plain", "transformer"), "lstm": ("plain", "lstm")}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "additive": {
        "as the recipe says": {},
        "8 epochs": {"epochs": 8},
        "no followers": {"followers": 0},
        "content limit 1": {"content_limit": 1.0},
        "dropout 0.2": {"dropout": 0.2},
        "random item vectors": {"item_start": 0.02},
    },
    "plain": {"as the recipe says": {}, "6 epochs": {"epochs": 6}},
    "lstm": {
        "as the recipe says": {},
        "6 epochs": {"epochs": 6},
        "learning rate 0.002": {"learning_rate": 2e-3},
        "hidden 512": {"hidden": 512},
        "dropout 0.2": {"dropout": 0.2},
        "random item vectors": {"item_start": 0.02},
    },
}
FIGURES = ("loss", "hit@10", "ndcg@10", "expected_hit@10")


def validated(dataset: DataSet, name: str, tag: str, seed: int) -> dict[str, Any]:
    """Validation figures of one model under one setting; trains or resumes where the run is not finished."""
    recipe, kind = MODELS[name]
    name_of_run = "-".join([dataset.name, name, *tag.replace(",", "").replace(".", "_").split(), f"seed{seed}"])
    run = RunFolder(runs_folder() / "tuning" / name_of_run)
    if not run.exists():
        run.begin(new_run(run.name, dataset, kind, recipe, {"seed": seed, **SETTINGS[name][tag]}))
    status = run.status()
    if status is None or status.state != "done":
        for event in train(run, dataset):
            if isinstance(event, EpochDone):
                figures = " ".join(f"{key} {event.metrics[key]:.4f}" for key in FIGURES if key in event.metrics)
                sys.stderr.write(f"{run.name} epoch {event.epoch}: {figures} ({event.seconds:.0f} s)\n")
    card = ModelCard.read(run.best / CARD_FILE)
    metrics = card.metrics["validation"]
    return {"epoch": card.epoch, **{key: metrics[key] for key in FIGURES if key in metrics}}


def main() -> None:
    """Print the figures of every model and setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="streamrec")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dataset = open_data(options.data)
    rows = {
        name: {
            tag: validated(dataset, name, tag, options.seed)
            for tag in SETTINGS[name]
            if not options.only or tag in options.only
        }
        for name in options.models
    }
    machine = {"data": dataset.name, "seed": options.seed, "cores": os.cpu_count()}
    json.dump({**machine, "validation": rows}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
