"""Can attention be read? The plain and the readable recipe beside each other, three seeds, held to removal.

    python benchmarks/readability.py [--data streamrec case-study FOLDER ...] [--seeds 1 2 3] [--sessions 500]

Runs are those of benchmarks/comparison.py and are resumed; what was measured of a run is kept beside it, so that a
second call goes on where the first one ended. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.comparison import trained
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import Split, split
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.seeds import over_seeds, paired_difference, paired_expected_difference
from streamrec_core.explain.readability import Readability, best_reading, readability, summary
from streamrec_core.models.checkpoint import load_checkpoint, weights_hash
from streamrec_core.models.protocol import ReadableModel

RECIPES = ("plain/transformer", "readable/transformer")
VALIDATION_SESSIONS = 200


def measured(dataset: DataSet, divided: Split, folder: Path, part: str, sessions: int) -> Readability:
    """What was measured of a model on a part, from the file beside it where it was measured before."""
    stamp = f"{weights_hash(folder)[:12]}-{part}-{sessions}"
    kept = folder.parent / f"readability-{stamp}.json"
    if kept.is_file():
        return from_plain(json.loads(kept.read_text(encoding="utf-8")))
    found = readability(load_checkpoint(folder, dataset.catalogue), dataset, divided, part, sessions)
    kept.write_text(json.dumps(to_plain(found)), encoding="utf-8")
    sys.stderr.write(f"{folder.parent.name}: {part} measured\n")
    return found


def to_plain(found: Readability) -> dict[str, Any]:
    """A record as plain values."""
    return {field.name: _plain(getattr(found, field.name)) for field in fields(found)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else list(value)


def from_plain(values: dict[str, Any]) -> Readability:
    """The record behind plain values."""
    arrays = {name: np.array(values[name], np.float64) for name in ("named", "named_effect", "random_effect")}
    tables = {
        name: {key: np.array(part, np.float64) for key, part in values[name].items()}
        for name in ("agreements", "signed", "cause_found")
    }
    labels = {head: tuple(types) for head, types in values["labels"].items()}
    return Readability(**arrays, **tables, labels=labels, even_labels=tuple(values["even_labels"]))


def terms_of(dataset: DataSet, folder: Path) -> list[dict[str, list[float | None]]]:
    """The named terms of a readable model, layer by layer; none for any other."""
    model = load_checkpoint(folder, dataset.catalogue)
    return [layer.figures() for layer in model.named_terms()] if isinstance(model, ReadableModel) else []


def row(dataset: DataSet, divided: Split, recipe: str, seeds: list[int], sessions: int) -> tuple[dict[str, Any], Any]:
    """One recipe on one data set, and the evaluations behind it."""
    folders = [trained(dataset, recipe, seed).best for seed in seeds]
    chosen = best_reading(measured(dataset, divided, folders[0], "validation", VALIDATION_SESSIONS))
    found = [measured(dataset, divided, folder, "test", sessions) for folder in folders]
    evaluations = [evaluate(load_checkpoint(folder, dataset.catalogue), dataset, divided) for folder in folders]
    return {
        "recipe": recipe,
        **over_seeds(evaluations),
        "readability": summary(found, chosen),
        "terms": [terms_of(dataset, folder) for folder in folders],
    }, evaluations


def differences(plain: list[Evaluation], readable: list[Evaluation]) -> dict[str, Any]:
    """Readable minus plain, session by session."""
    found = {name: paired_difference(readable, plain, name) for name in ("hit@10", "ndcg@10")}
    if plain[0].expected is not None:
        found["expected_hit@10"] = paired_expected_difference(readable, plain)
    return found


def main() -> None:
    """Train and measure what is missing; print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=["streamrec", "case-study"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--sessions", type=int, default=500)
    chosen = parser.parse_args()
    tables = []
    for name in chosen.data:
        dataset = open_data(name)
        divided = split(dataset)
        rows, behind = zip(
            *(row(dataset, divided, recipe, chosen.seeds, chosen.sessions) for recipe in RECIPES), strict=True
        )
        tables.append({"data": dataset.name, "rows": list(rows), "readable_minus_plain": differences(*behind)})
    print(json.dumps({"cores": os.cpu_count(), "seeds": chosen.seeds, "tables": tables}, indent=2))


if __name__ == "__main__":
    main()
