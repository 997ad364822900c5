"""Transformer, LSTM, neighbours, popularity, the category rule and the ceiling in one table, three seeds each.

    python benchmarks/comparison.py [--data streamrec FOLDER ...] [--seeds 1 2 3] [--models ...] [--device auto]

Runs lie in the workspace and are resumed, so a second call continues or only evaluates. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.ideal_observer import ideal_bound
from streamrec_core.evaluation.seeds import over_seeds, paired_difference, paired_expected_difference
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.training.events import EpochDone, RunDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

MODELS = ("additive/transformer", "plain/lstm", "plain/transformer")
PRINTED = "case-study/transformer"


def trained(
    dataset: DataSet,
    name: str,
    seed: int,
    device: str = "auto",
    variant: str = "",
    settings: dict[str, Any] | None = None,
) -> RunFolder:
    """The finished run of a recipe and seed, or of a variant with other settings; trains or resumes if not finished."""
    recipe, kind = name.split("/")
    parts = filter(None, [dataset.name, recipe, kind, variant, f"seed{seed}"])
    run = RunFolder(runs_folder() / "benchmark" / "-".join(parts))
    if not run.exists():
        run.begin(new_run(run.name, dataset, kind, recipe, {"seed": seed, **(settings or {})}))
    status = run.status()
    if status is None or status.state != "done":
        for event in train(run, dataset, device=device):
            if isinstance(event, EpochDone):
                hit, loss = event.metrics["hit@10"], event.metrics["loss"]
                sys.stderr.write(
                    f"{run.name} epoch {event.epoch}: loss {loss:.4f} hit@10 {hit:.4f} ({event.seconds:.0f} s)\n"
                )
            if isinstance(event, RunDone):
                sys.stderr.write(f"{run.name} done, best epoch {event.best_epoch}\n")
    return run


def recipe_row(
    dataset: DataSet, divided: Split, name: str, seeds: list[int], device: str
) -> tuple[dict[str, Any], list[Evaluation]]:
    """One line of the table, and the evaluations behind it."""
    began = time.perf_counter()
    runs = [trained(dataset, name, seed, device) for seed in seeds]
    evaluations = [evaluate(load_checkpoint(run.best, dataset.catalogue), dataset, divided) for run in runs]
    sys.stderr.write(f"{dataset.name} {name}: {time.perf_counter() - began:.0f} s\n")
    return {"model": name, **over_seeds(evaluations)}, evaluations


def table(dataset: DataSet, names: list[str], seeds: list[int], device: str) -> dict[str, Any]:
    """All models on the test part of one data set."""
    divided = split(dataset)
    rows = [
        {"model": model.name, **over_seeds([evaluate(model, dataset, divided)]), "seeds": 0}
        for model in baselines(dataset, divided)
    ]
    behind: dict[str, list[Evaluation]] = {}
    has_ceiling = rows[0].get("ceiling_hit@10") is not None
    for name in names:
        row, behind[name] = recipe_row(dataset, divided, name, seeds, device)
        rows.append(row)
    differences = {
        f"additive minus {other}": {
            **paired_difference(behind[MODELS[0]], behind[name], "hit@10"),
            **paired_difference(behind[MODELS[0]], behind[name], "ndcg@10"),
            **(paired_expected_difference(behind[MODELS[0]], behind[name]) if has_ceiling else {}),
        }
        for other, name in (("LSTM", MODELS[1]), ("plain", MODELS[2]))
        if {MODELS[0], name} <= behind.keys()
    }
    return {
        "data": dataset.name,
        "split": divided.kind,
        "train": len(divided.train),
        "test": len(divided.test),
        "ceiling_hit@10": rows[0].get("ceiling_hit@10"),
        **ideal_bound(dataset, divided.test),
        "rows": rows,
        "differences": differences,
    }


def main() -> None:
    """Train what is missing, evaluate everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["streamrec", "case-study"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--models", nargs="+", default=None)
    parser.add_argument("--device", default="auto", help="on which models are trained")
    arguments = parser.parse_args()
    tables = []
    for name in arguments.data:
        dataset = open_data(name)
        names = arguments.models or [*MODELS, *([PRINTED] if dataset.name == "case-study" else [])]
        tables.append(table(dataset, names, arguments.seeds, arguments.device))
    print(json.dumps({"cores": os.cpu_count(), "seeds": arguments.seeds, "tables": tables}, indent=2))


if __name__ == "__main__":
    main()
