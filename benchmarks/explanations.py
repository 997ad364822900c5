"""Do explanations foresee what the model does? Signed, beside floors, shuffled and untrained weights; three seeds.

    python benchmarks/explanations.py [--data streamrec case-study FOLDER ...] [--seeds 1 2 3] [--sessions 200]

Runs are those of benchmarks/comparison.py and are resumed; what was measured of a run is kept beside it. All figures
are of the test part. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.comparison import trained
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.removal import remove
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Examples, split
from streamrec_core.evaluation.seeds import seed_session_interval
from streamrec_core.explain.first_look import explain_session_at
from streamrec_core.explain.quality import MEASURES, measure_quality, stable_heads
from streamrec_core.models.checkpoint import load_checkpoint, untrained_model, weights_hash
from streamrec_core.models.protocol import SessionModel

Values = npt.NDArray[np.float64]
RECIPES = ("additive/transformer", "plain/transformer")
UNTAUGHT_SEED = 1
DRAWS = 2_000


def measured(dataset: DataSet, best: Path, sessions: int, first_looks: int) -> dict[str, Any]:
    """Everything that is measured of one trained model, from the file beside it where it was measured before."""
    cached = best.parent / f"explanations-{weights_hash(best)[:12]}-{sessions}-{first_looks}.json"
    if not cached.is_file():
        cached.write_text(json.dumps(_measure(dataset, best, sessions, first_looks)), encoding="utf-8")
        sys.stderr.write(f"{best.parent.name}: measured\n")
    figures: dict[str, Any] = json.loads(cached.read_text(encoding="utf-8"))
    return figures


def _measure(dataset: DataSet, best: Path, sessions: int, first_looks: int) -> dict[str, Any]:
    model, test = load_checkpoint(best, dataset.catalogue), split(dataset).test
    shuffled = with_shuffled_weights(model, UNTAUGHT_SEED)
    assert shuffled is not None
    untrained = {"weights shuffled": shuffled, "never trained": untrained_model(best, dataset.catalogue, UNTAUGHT_SEED)}
    quality = measure_quality(model, dataset, test.sample(sessions), untrained)
    return {
        "agreements": {name: values.tolist() for name, values in quality.agreements.items()},
        "errors": {name: seen.errors.tolist() for name, seen in quality.removal_fit.items()},
        "totals": {name: seen.totals.tolist() for name, seen in quality.removal_fit.items()},
        "shuffled_tau": {name: values.tolist() for name, values in quality.shuffled_tau.items()},
        "stable_heads": stable_heads(model, dataset, test.sample(300)),
        "first_look": first_look_signs(model, dataset, test.sample(first_looks)),
    }


def first_look_signs(model: SessionModel, dataset: DataSet, examples: Examples) -> dict[str, int]:
    """In how many sessions the first look names something, and an event whose removal raises the title."""
    named = against = 0
    for row, end in zip(examples.sessions.tolist(), examples.ends.tolist(), strict=True):
        explanation = explain_session_at(model, dataset, row, end)
        sets = [reason.positions for reason in explanation.reasons]
        if sets:
            history = dataset.log.session(row).until(end)
            case = case_of(history, explanation.candidate.row, model, dataset.card.filter_seen)
            named += 1
            against += bool((remove(model, dataset.catalogue, [(case, sets)])[0].effect < -1e-5).any())
    return {"sessions": len(examples), "named": named, "against": against}


def figure(by_seed: Sequence[Values]) -> dict[str, Any]:
    """Mean over seeds and sessions of values (M,) a seed, nan left out, with its interval over both."""
    values = np.array(by_seed)
    values = values[:, ~np.isnan(values).any(0)]
    if values.shape[1] < 2:
        return {"mean": None, "interval": None}
    return {"mean": float(values.mean()), "interval": seed_session_interval(values)}


def explained_share(errors: Values, totals: Values) -> dict[str, Any]:
    """R2 over all sets from errors and totals (S, M), with its interval over seeds and sessions."""
    rng = np.random.default_rng(0)
    seeds = rng.integers(0, len(errors), (DRAWS, len(errors)))
    columns = rng.integers(0, errors.shape[1], (DRAWS, errors.shape[1]))
    draws = [
        1 - errors[np.ix_(rows, at)].sum() / totals[np.ix_(rows, at)].sum()
        for rows, at in zip(seeds, columns, strict=True)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return {"mean": float(1 - errors.sum() / totals.sum()), "interval": (float(low), float(high))}


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures of one recipe over its seeds."""
    agreements = {name: np.array([run["agreements"][name] for run in runs]) for name in runs[0]["agreements"]}
    return {
        "agreement": {
            name: {measure: figure(values[:, :, at]) for at, measure in enumerate(MEASURES)}
            for name, values in agreements.items()
        },
        "r2": {
            name: explained_share(*(np.array([run[part][name] for run in runs]) for part in ("errors", "totals")))
            for name in runs[0]["errors"]
        },
        "shuffled_tau": {
            name: figure([np.array(run["shuffled_tau"][name], np.float64) for run in runs])
            for name in runs[0]["shuffled_tau"]
        },
        "stable_heads": [len(run["stable_heads"]) for run in runs],
        "stable_types": [sorted({kind for kind, _ in run["stable_heads"].values()}) for run in runs],
        "heads": [run["stable_heads"] for run in runs],
        "first_look": {key: sum(run["first_look"][key] for run in runs) for key in runs[0]["first_look"]},
    }


def main() -> None:
    """Measure every recipe, data set and seed, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["streamrec", "case-study"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--first-looks", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tables = []
    for name in options.data:
        dataset = open_data(name)
        table: dict[str, Any] = {"data": dataset.name, "sessions": options.sessions, "recipes": {}}
        for recipe in RECIPES:
            runs = [
                measured(dataset, trained(dataset, recipe, seed).best, options.sessions, options.first_looks)
                for seed in options.seeds
            ]
            table["recipes"][recipe] = summary(runs)
        tables.append(table)
    print(json.dumps({"cores": os.cpu_count(), "seeds": options.seeds, "tables": tables}, indent=2))


if __name__ == "__main__":
    main()
