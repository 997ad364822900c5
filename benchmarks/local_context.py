"""What reading events together buys an additive model, and what it costs its explanations: the trade-off, one run.

    python benchmarks/local_context.py --data FOLDER [--seed 1] [--sessions 100] [--device auto] [--write]

Trains the recipe `additive` with each of `VARIANTS`; runs lie in the workspace and are resumed. Accuracy is of the
whole test part, with `plain` beside. Explanations are measured on a sample of it: how an event's
contribution, and its value, agree with what removing it does, beside the best explainer that does not look at the model
and the same model with shuffled weights. Prints JSON; with `--write` it goes to benchmarks/results/local_context.json,
from which `benchmarks/tables.py` makes the table in BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from streamrec_core.attribution.case import first_recommendations
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.explain.quality import Quality, measure_quality
from streamrec_core.explain.removal_fit import baseline_explainers
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.events import EpochDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder

RESULTS = Path(__file__).parent / "results" / "local_context.json"
ALONE: dict[str, Any] = {
    "context_events": 0,
    "head_width": 64,
    "time_gaps": False,
    "followers": 0,
    "followers_within": 1,
}
TWO_BEFORE = {**ALONE, "context_events": 2}
VARIANTS: dict[str, dict[str, Any]] = {
    "each event alone, heads of 32": {**ALONE, "head_width": 32},
    "each event alone, heads of 64": ALONE,
    "with the one before": {**ALONE, "context_events": 1},
    "with the two before": TWO_BEFORE,
    "with the two before, and time gaps": {**TWO_BEFORE, "time_gaps": True},
    "with the two before, time gaps, and what came soon after": {
        **TWO_BEFORE,
        "time_gaps": True,
        "followers": 128,
        "followers_within": 10,
    },
}
"""Settings of an additive model, by the name of its row."""
SHUFFLED = "weights shuffled"


def run_of(dataset: DataSet, recipe: str, settings: dict[str, Any], seed: int) -> RunFolder:
    """Where the run of these settings lies, begun if it is new."""
    tag = "-".join(str(value) for value in settings.values())
    run = RunFolder(runs_folder() / "benchmark" / "-".join(filter(None, [dataset.name, recipe, tag, f"seed{seed}"])))
    if not run.exists():
        run.begin(new_run(run.name, dataset, "transformer", recipe, {"seed": seed, **settings}))
    return run


def finished(run: RunFolder, dataset: DataSet, device: str) -> SessionModel:
    """The model of the best epoch; trains or resumes where the run is not finished."""
    status = run.status()
    if status is None or status.state != "done":
        for event in train(run, dataset, device=device):
            if isinstance(event, EpochDone):
                sys.stderr.write(f"{run.name} epoch {event.epoch}: NDCG@10 {event.metrics['ndcg@10']:.4f}\n")
    return load_checkpoint(run.best, dataset.catalogue)


def accuracy(model: SessionModel, dataset: DataSet) -> dict[str, Any]:
    """Hit@10 and NDCG@10 of the validation and the test part, with their intervals."""
    figures = {part: evaluate(model, dataset, split(dataset), part).metrics() for part in ("validation", "test")}
    return {
        part: {name: value for name, value in metrics.items() if name.startswith(("hit@10", "ndcg@10"))}
        for part, metrics in figures.items()
    }


def agreement(quality: Quality, floors: list[str]) -> dict[str, dict[str, float]]:
    """Agreement with single drops and fit to random removals, of the model's explainers and of the best floor."""
    rows = {
        name: {**quality.means(name), "r2": quality.removal_fit[name].r2}
        for name in ("contribution", "value", f"contribution, {SHUFFLED}", "masked in place (cap)")
    }
    best = max(floors, key=lambda name: quality.means(name)["pearson"])
    return {**rows, f"no model: {best}": {**quality.means(best), "r2": quality.removal_fit[best].r2}}


def measured(model: SessionModel, dataset: DataSet, sessions: int) -> dict[str, Any]:
    """Accuracy and explanations of one model."""
    shuffled = with_shuffled_weights(model, seed=1)
    assert shuffled is not None
    sample = split(dataset).test.sample(sessions)
    quality = measure_quality(model, dataset, sample, {SHUFFLED: shuffled})
    (history,) = sample.take([0]).histories(dataset.log)
    (case,) = first_recommendations(model, dataset.catalogue, [history], dataset.card.filter_seen)
    return {
        **accuracy(model, dataset),
        "agreement": agreement(quality, list(baseline_explainers(dataset.catalogue, case))),
    }


def main() -> None:
    """Train what is missing, measure everything, print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not options.data:
        print(json.dumps({"skipped": "name a data set with --data; see --help"}))
        return
    dataset, rows = open_data(options.data), {}
    for name, settings in VARIANTS.items():
        run = run_of(dataset, "additive", settings, options.seed)
        rows[name] = measured(finished(run, dataset, options.device), dataset, options.sessions)
        sys.stderr.write(f"{name}: measured\n")
    plain = run_of(dataset, "plain", {}, options.seed)
    rows["plain"] = accuracy(finished(plain, dataset, options.device), dataset)
    result = {"data": dataset.name, "seed": options.seed, "sessions": options.sessions, "rows": rows}
    text = json.dumps(result, indent=2) + "\n"
    sys.stdout.write(text)
    if options.write:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
