"""Turn the stored results of `benchmarks/explanations.py` into the Markdown tables of docs/checks.md and BENCHMARKS.md.

    python benchmarks/explanation_tables.py [--write]

With `--write` the tables are put between their marks in both files. A test checks that they stand there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.tables import between_marks

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "explanations.json"
ADDITIVE, PLAIN = "additive/transformer", "plain/transformer"
ROWS = {
    "value": "event values",
    "contribution": "contributions, sum over heads",
    "attention": "attention, mean over heads",
    "value, weights shuffled": "event values, weights shuffled",
    "value, never trained": "event values, untrained network",
    "random": "random numbers",
    "last event": "last event only",
    "recency + last category + last event": "heuristic: recency + last category + last event",
    "candidate's category x recency x engagement": "heuristic: title's category x recency x engagement",
    "single drops": "sum of single removals",
    "guess: every event alike": "the same value for every event",
    "masked in place (cap)": "upper bound: masking in place",
}
SHORT = ("value", "value, weights shuffled", "attention", "candidate's category x recency x engagement")


def read_results() -> list[dict[str, Any]]:
    """The stored output of `benchmarks/explanations.py`, a table for each data set."""
    tables: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["tables"]
    return tables


def full_table(table: dict[str, Any]) -> str:
    """Signed agreement and removal fit of every explainer and floor on one data set, and of `plain`'s attention."""
    additive, plain = table["recipes"][ADDITIVE], table["recipes"][PLAIN]
    lines = ["| | Pearson | Kendall tau-b | same first event | removal fit, R² |", "|---" * 5 + "|"]
    lines += [f"| {title} | {_cells(additive, name)} |" for name, title in ROWS.items()]
    lines += [f"| `plain`: {ROWS[name]} | {_cells(plain, name)} |" for name in ("value", "attention")]
    return "\n".join(lines)


def goal_table(tables: list[dict[str, Any]]) -> str:
    """What readers ask first, a column for each data set."""
    rows: dict[str, list[str]] = {}
    for table in tables:
        additive, plain = table["recipes"][ADDITIVE], table["recipes"][PLAIN]
        column = {f"removal fit, R²: {ROWS[name]}": _figure(additive["r2"][name]) for name in SHORT}
        column["... attention of the standard transformer (`plain`)"] = _figure(plain["r2"]["attention"])
        column["Kendall tau-b with the effect of removing each event: event values"] = _figure(
            additive["agreement"]["value"]["tau"]
        )
        column["... attention of the standard transformer (`plain`)  "] = _figure(
            plain["agreement"]["attention"]["tau"]
        )
        column["tau-b of event values before and after shuffling the weights (0 is best)"] = _figure(
            additive["shuffled_tau"]["value"]
        )
        column["... attention"] = _figure(additive["shuffled_tau"]["attention"])
        first = additive["first_look"]
        column["first looks that name an event which lowers the title"] = f"{first['against']} of {first['sessions']:,}"
        column["heads with the same type in 70 % of sessions, each seed"] = " · ".join(
            map(str, additive["stable_heads"])
        )
        column["... `plain`"] = " · ".join(map(str, plain["stable_heads"]))
        for name, cell in column.items():
            rows.setdefault(name, []).append(cell)
    head = ["| | " + " | ".join(table["data"] for table in tables) + " |", "|---" * (len(tables) + 1) + "|"]
    return "\n".join(head + [f"| {name.strip()} | {' | '.join(cells)} |" for name, cells in rows.items()])


def cost_table() -> str:
    """Processor time of an explanation with each shipped recipe, from the output of `benchmarks/explaining.py`."""
    stored = json.loads((RESULTS.parent / "explaining.json").read_text(encoding="utf-8"))["recipes"]
    times, names = stored["milliseconds_a_session"], ("additive", "plain", "lstm")
    rows = {
        "16 sessions at once": [f"{times[f'{name}, 16 at once']:.1f}" for name in names],
        "one by one": [f"{times[f'{name}, 1 at once']:.1f}" for name in names],
        "relative to `additive`, at once": [f"{stored['recipe_over_additive'][name]:.2g}" for name in names],
    }
    head = ["| | additive | plain | LSTM |", "|---|---|---|---|"]
    return "\n".join(head + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()])


def _cells(recipe: dict[str, Any], name: str) -> str:
    agreement = recipe["agreement"].get(name)
    measures = [_figure(agreement[key]) if agreement else "–" for key in ("pearson", "tau", "same_first")]
    return " | ".join([*measures, _figure(recipe["r2"][name])])


def _figure(value: dict[str, Any]) -> str:
    if value["mean"] is None:
        return "–"
    low, high = value["interval"]
    return f"{value['mean']:.2f} [{low:.2f}, {high:.2f}]"


def write() -> None:
    """Put the tables into docs/checks.md and BENCHMARKS.md."""
    tables = read_results()
    checks, benchmarks = ROOT / "docs" / "checks.md", ROOT / "BENCHMARKS.md"
    checks.write_text(between_marks(checks.read_text(encoding="utf-8"), "explanations", goal_table(tables)), "utf-8")
    text = between_marks(benchmarks.read_text(encoding="utf-8"), "explanations", goal_table(tables))
    for table in tables:
        text = between_marks(text, f"explanations {table['data']}", full_table(table))
    benchmarks.write_text(text, encoding="utf-8")


def main() -> None:
    """Print all tables, or write them."""
    if "--write" in sys.argv[1:]:
        write()
        return
    tables = read_results()
    print(goal_table(tables))
    for table in tables:
        print(f"\n### {table['data']}\n\n{full_table(table)}")


if __name__ == "__main__":
    main()
