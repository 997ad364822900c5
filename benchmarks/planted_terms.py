"""Do named terms recover what was planted? Three strengths of recency and of the opening's pull, several seeds each.

    python benchmarks/planted_terms.py [--sessions 2000] [--epochs 3] [--seeds 1 2 3]

Every head starts with every term at zero and without the reading penalty, so that nothing but the data can move a term.
Prints JSON: by planted strength, the mean figure over all heads of each seed, and what the term is worth.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from streamrec_core.data.dataset import DataSet, make_dataset, write_dataset
from streamrec_core.data.splits import split
from streamrec_core.data.synthetic.sessions import draw_streamrec, streamrec_catalogue
from streamrec_core.data.synthetic.streamrec import StreamRecSettings
from streamrec_core.explain.parameters import main_parameters, worth_of_terms
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.training.loop import train
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.start import new_run

PLANTED = {
    "recency": ("recency_decay", (0.8, 0.6, 0.4)),  # the smaller, the steeper
    "opening": ("opening_end", (0.06, 0.24, 0.48)),
}
"""Term, the generator's setting behind it, and its values from weak to strong."""


def planted(settings: StreamRecSettings, sessions: int, folder: Path) -> DataSet:
    """A data set drawn with these settings."""
    catalogue = streamrec_catalogue()
    log, truth = draw_streamrec(catalogue, sessions, seed=42, settings=settings)
    dataset = make_dataset(catalogue, log, name="planted", kind="synthetic", source="generated", licence="none needed")
    return write_dataset(dataset, folder, truth)


def learned(dataset: DataSet, term: str, seed: int, epochs: int, folder: Path) -> tuple[float, float]:
    """Mean figure of the term over all heads of a model trained with this seed, and what the term is worth."""
    run = RunFolder(folder)
    chosen = {"jobs": ["free"], "reading_weight": 0.0, "seed": seed, "epochs": epochs}
    run.begin(new_run(f"seed {seed}", dataset, "transformer", "readable", chosen))
    for _ in train(run, dataset):
        pass
    model = load_checkpoint(run.best, dataset.catalogue)
    figures = [one.figure for one in main_parameters(model) if one.term == term]
    worth = next(one.mean for one in worth_of_terms(model, dataset, split(dataset).test) if one.term == term)
    return float(np.mean(figures)), worth


def over_seeds(values: list[float]) -> dict[str, Any]:
    """Mean over seeds with Student's 95 % interval."""
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    mean = float(np.mean(values))
    return {"mean": mean, "interval": [mean - half, mean + half], "seeds": values}


def main() -> None:
    """Train every strength and seed; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for term, (setting, strengths) in PLANTED.items():
            for strength in strengths:
                place = Path(folder) / f"{term}-{strength}"
                dataset = planted(StreamRecSettings(**{setting: strength}), chosen.sessions, place / "data")
                found = [learned(dataset, term, seed, chosen.epochs, place / f"seed-{seed}") for seed in chosen.seeds]
                figures, worth = (over_seeds(list(column)) for column in zip(*found, strict=True))
                rows.append({"term": term, "setting": setting, "strength": strength, "figure": figures, "worth": worth})
                sys.stderr.write(f"{term} {setting}={strength}: {figures['mean']:.2f}\n")
    print(json.dumps({"cores": os.cpu_count(), "sessions": chosen.sessions, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
