"""What an item's category and what people did with it bring a model: with and without, session by session.

    python benchmarks/without_content.py --data FOLDER [--seeds 1] [--device auto] [--write]

Each model is trained by its recipe and by the same recipe with `with_category` and `with_engagement` off, so that it
reads the numbers of items alone, as published models do. (The heads of `additive` keep their named terms for a category
or an engagement.) Runs lie in the workspace, those with content where `comparison.py` has them, and are resumed. Prints
JSON; with `--write` it goes to benchmarks/results/without_content.json, from which `benchmarks/tables.py` makes the
table in BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.comparison import MODELS, trained
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.seeds import over_seeds, paired_difference
from streamrec_core.models.checkpoint import load_checkpoint

RESULTS = Path(__file__).parent / "results" / "without_content.json"
WITHOUT: dict[str, Any] = {"with_category": False, "with_engagement": False}
FIGURES = ("hit@10", "ndcg@10")


def measured(
    dataset: DataSet, name: str, seeds: list[int], device: str, variant: str, settings: dict[str, Any]
) -> list[Evaluation]:
    """Each seed's model on the test part."""
    divided = split(dataset)
    runs = [trained(dataset, name, seed, device, variant, settings) for seed in seeds]
    return [evaluate(load_checkpoint(run.best, dataset.catalogue), dataset, divided) for run in runs]


def row(dataset: DataSet, name: str, seeds: list[int], device: str) -> dict[str, Any]:
    """A model with content and without, and what it has more with it."""
    whole = measured(dataset, name, seeds, device, "", {})
    without = measured(dataset, name, seeds, device, "items-alone", WITHOUT)
    more = {key: value for figure in FIGURES for key, value in paired_difference(whole, without, figure).items()}
    return {"model": name, "with": over_seeds(whole), "without": over_seeds(without), "more": more}


def main() -> None:
    """Train what is missing, evaluate everything, print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not options.data:
        print(json.dumps({"skipped": "name a data set with --data; see --help"}))
        return
    dataset = open_data(options.data)
    rows = [row(dataset, name, options.seeds, options.device) for name in MODELS]
    text = json.dumps({"data": dataset.name, "seeds": options.seeds, "rows": rows}, indent=2) + "\n"
    sys.stdout.write(text)
    if options.write:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
