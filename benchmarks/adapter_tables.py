"""The table of presets for other libraries in BENCHMARKS.md, from the stored run of `make test-adapters`.

python benchmarks/adapter_tables.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results" / "adapters.json"
HEADER = "| library, model | same as its own | layers x heads, weights | on no event | Hit@10 |\n|---|---|---|---|---|"


def adapter_table() -> str:
    """A row a model: lists or scores and weights beside the library's own, and what lies on padding."""
    documents = json.loads(RESULTS.read_text(encoding="utf-8"))
    rows = [
        _row(f"{name} {document['versions'][_package(document)]}, {model['model']}", model)
        for name, document in documents.items()
        for model in document["models"]
    ]
    return "\n".join([HEADER, *rows])


def _package(document: dict[str, Any]) -> str:
    return next(name for name in document["versions"] if name != "torch")


def _row(label: str, model: dict[str, Any]) -> str:
    lists = "same_lists" in model
    same = f"{model['same_lists']:.0%} of 100 lists" if lists else f"scores to {model['score_gap']:.0e}"
    attention = "none"
    if "heads" in model:
        heads = f"{len(model['heads'])} x {model['heads'][0]} {model['kind']}"
        gap = model.get("attention_gap")
        attention = heads if gap is None else f"{heads}, to {gap:.0e}"
    special = model.get("share_on_special")
    share = "–" if not special else f"{min(special):.1%} to {max(special):.1%}"
    return f"| {label} | {same} | {attention} | {share} | {model['hit@10']:.3f} |"


if __name__ == "__main__":
    print(adapter_table())
