"""Turn the stored results of the planted effects and planted pairs into the Markdown tables of BENCHMARKS.md.

python benchmarks/planted_tables.py
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
SETTING = {
    "recency": "`recency_decay`",
    "opening, alone": "share of events that follow it",
    "opening, beside recent events": "share of events that follow it",
}
"""What the strength of each effect is."""
RECIPES = {
    "additive": "`additive` transformer",
    "plain": "`plain` transformer",
    "plain LSTM": "`plain` LSTM",
}
WORLDS = {"together": "interaction", "adding": "effects add up"}
BOUNDS = {
    "uniform": "lower bound: uniform guess",
    "best additive": "bound: best score with one term per event",
    "ceiling": "ceiling: the true distribution",
}


def planted_table() -> str:
    """What was planted, the learned weight, and the effect of the term; the first row of each effect plants nothing."""
    lines = ["| planted | learned weight, mean over heads | effect of the term, nats |", "|---|---|---|"]
    for row in _read("planted_terms")["rows"]:
        planted = f"{row['effect']}: {SETTING[row['effect']]} {row['strength']:g}"
        figure = _interval(row["figure"]["mean"], row["figure"]["interval"], 2)
        worth = _interval(row["worth"]["mean"], row["worth"]["interval"], 3)
        lines.append(f"| {planted} | {figure} | {worth} |")
    return "\n".join(lines)


def pairs_table() -> str:
    """Cross-entropy and Hit@10 of every recipe on both worlds, between the floors and the ceiling."""
    worlds = _read("planted_pairs")["worlds"]
    names = [WORLDS[world["world"]] for world in worlds]
    head = [f"{name}: {figure}" for name in names for figure in ("cross-entropy, nats", "Hit@10")]
    lines = ["| | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    for bound in ("uniform", "best additive"):
        lines.append(_bound_line(bound, worlds))
    for recipe, title in RECIPES.items():
        cells = [cell for world in worlds for cell in _recipe_cells(world, recipe)]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    lines.append(_bound_line("ceiling", worlds))
    losses = [world["additive_minus_plain"] for world in worlds]
    cells = [cell for loss in losses for cell in (_interval(loss["mean"], loss["interval"], 3, "+"), "")]
    lines.append("| `additive` minus `plain` transformer | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _read(name: str) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return results


def _bound_line(bound: str, worlds: Sequence[dict[str, Any]]) -> str:
    figures = [world["bounds"][bound] for world in worlds]
    cells = [f"{row[name]:.3f}" for row in figures for name in ("cross_entropy", "hit@10")]
    return f"| {BOUNDS[bound]} | " + " | ".join(cells) + " |"


def _recipe_cells(world: dict[str, Any], recipe: str) -> list[str]:
    (row,) = (row for row in world["rows"] if row["recipe"] == recipe)
    return [_interval(row[name], row[f"{name}_interval"], 3) for name in ("cross_entropy", "hit@10")]


def _interval(mean: float, interval: Sequence[float], digits: int, sign: str = "") -> str:
    low, high = interval
    return f"{mean:{sign}.{digits}f} [{low:{sign}.{digits}f}, {high:{sign}.{digits}f}]"


def main() -> None:
    """Print both tables."""
    print(f"{planted_table()}\n\n{pairs_table()}")


if __name__ == "__main__":
    main()
