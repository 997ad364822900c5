"""What time gaps buy an additive model where people rate, followers left out: with, without, and `plain`, over seeds.

    python benchmarks/time_gaps.py --data FOLDER [--seeds 1 2 3] [--device auto] [--write]

Runs lie in the workspace and are resumed. The best epoch is chosen on the validation part. Prints JSON; with `--write`
it goes to benchmarks/results/time_gaps.json, from which `benchmarks/tables.py` makes the table in BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.local_context import accuracy, finished, run_of
from streamrec_core.data.presets import open_data
from streamrec_core.models.device import choose_device

RESULTS = Path(__file__).parent / "results" / "time_gaps.json"
WITHOUT, WITH, PLAIN = "additive, no time gaps", "additive", "plain"
NO_FOLLOWERS = {"followers": 0, "followers_within": 1}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    WITHOUT: ("additive", {"time_gaps": False, **NO_FOLLOWERS}),
    WITH: ("additive", NO_FOLLOWERS),
    PLAIN: ("plain", {}),
}
"""Recipe and settings, by the name of the row."""
FIGURES = ("hit@10", "ndcg@10")


def main() -> None:
    """Train what is missing, evaluate everything, print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not options.data:
        print(json.dumps({"skipped": "name a data set with --data; see --help"}))
        return
    dataset = open_data(options.data)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for seed in options.seeds:
        for name, (recipe, settings) in VARIANTS.items():
            model = finished(run_of(dataset, recipe, settings, seed), dataset, options.device)
            parts = accuracy(model, dataset)
            rows[name].append({part: {key: figures[key] for key in FIGURES} for part, figures in parts.items()})
            sys.stderr.write(f"{name}, seed {seed}: NDCG@10 {parts['validation']['ndcg@10']:.4f} on validation\n")
    device = choose_device(options.device).type
    text = json.dumps({"data": dataset.name, "device": device, "seeds": options.seeds, "rows": rows}, indent=2) + "\n"
    sys.stdout.write(text)
    if options.write:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
