"""Turn the stored results of the readability benchmark into the Markdown tables of README.md and BENCHMARKS.md.

    python benchmarks/readability_tables.py [--write]

With `--write` the tables are put between their marks. A test holds that they stand there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.tables import between_marks

RESULTS = Path(__file__).parent / "results" / "readability.json"
PLANTED = Path(__file__).parent / "results" / "planted_terms.json"
RECIPES = {"plain/transformer": "`plain`", "readable/transformer": "`readable`"}
MEASURES = {"pearson": "Pearson", "tau": "Kendall tau-b", "same_first": "same first event"}


def read_results() -> list[dict[str, Any]]:
    """The stored tables of `benchmarks/readability.py`."""
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["tables"]
    return found


def _span(figure: dict[str, Any], digits: int = 2) -> str:
    if figure["mean"] is None:
        return "–"
    low, high = figure["interval"]
    return f"{figure['mean']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def agreement_table(table: dict[str, Any]) -> str:
    """Attention against removal on one data set: both recipes, with the floors and the cap of each."""
    lines = ["| | " + " | ".join(MEASURES.values()) + " |", "|---" * (len(MEASURES) + 1) + "|"]
    for row in table["rows"]:
        found = row["readability"]["agreement"]
        chosen = row["readability"]["reading"]
        for name, label in (
            (chosen, f"{RECIPES[row['recipe']]}, attention joined by {chosen}"),
            ("last item", f"{RECIPES[row['recipe']]}, floor: last item"),
            ("random", f"{RECIPES[row['recipe']]}, floor: random"),
            ("cap", f"{RECIPES[row['recipe']]}, cap: masking against dropping"),
        ):
            cells = " | ".join(_span(found[name][measure]) for measure in MEASURES)
            lines.append(f"| {label} | {cells} |")
    return "\n".join(lines)


def goal_table(tables: list[dict[str, Any]]) -> str:
    """What else was asked of the readable recipe, beside the plain one."""
    lines = ["| | " + " | ".join(table["data"] for table in tables) + " |", "|---" * (len(tables) + 1) + "|"]
    for label, cell in (
        ("Hit@10, `plain`", lambda plain, readable, table: _hit(plain)),
        ("Hit@10, `readable`", lambda plain, readable, table: _hit(readable)),
        ("Hit@10, paired difference", lambda plain, readable, table: _difference(table, "hit@10", plain)),
        ("expected Hit@10, paired difference, relative", lambda plain, readable, table: _relative(table, plain)),
        ("heads of one type, `plain`, each seed", lambda plain, readable, table: _stable(plain)),
        ("heads of one type, `readable`, each seed", lambda plain, readable, table: _stable(readable)),
        ("types among them", lambda plain, readable, table: _types(readable)),
        ("explanations that name something, `plain`", lambda plain, readable, table: _named(plain)),
        ("explanations that name something, `readable`", lambda plain, readable, table: _named(readable)),
        ("effect of what is named minus random, nats", lambda plain, readable, table: _worth(readable)),
        ("the cause among the top two, `plain`", lambda plain, readable, table: _cause(plain)),
        ("the cause among the top two, `readable`", lambda plain, readable, table: _cause(readable)),
        (
            "the cause is the last or the first event (floor)",
            lambda plain, readable, table: _floor(readable),
        ),
    ):
        cells = [cell(*_both(table), table) for table in tables]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _both(table: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    rows = {row["recipe"]: row for row in table["rows"]}
    return rows["plain/transformer"], rows["readable/transformer"]


def _hit(row: dict[str, Any]) -> str:
    low, high = row["hit@10_interval"]
    digits = 4 if row["hit@10"] < 0.03 else 3
    return f"{row['hit@10']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _difference(table: dict[str, Any], name: str, plain: dict[str, Any]) -> str:
    found = table["readable_minus_plain"][name]
    low, high = found[f"{name}_difference_interval"]
    return f"{found[f'{name}_difference']:+.4f} [{low:+.4f}, {high:+.4f}]"


def _relative(table: dict[str, Any], plain: dict[str, Any]) -> str:
    found = table["readable_minus_plain"].get("expected_hit@10")
    if found is None:
        return "not known"
    whole = plain["expected_hit@10"]
    low, high = found["expected_hit@10_difference_interval"]
    return f"{found['expected_hit@10_difference'] / whole:+.1%} [{low / whole:+.1%}, {high / whole:+.1%}]"


def _stable(row: dict[str, Any]) -> str:
    return " · ".join(str(number) for number in row["readability"]["stable_heads"])


def _types(row: dict[str, Any]) -> str:
    return ", ".join(sorted({kind for kinds in row["readability"]["stable_types"] for kind in kinds})) or "none"


def _named(row: dict[str, Any]) -> str:
    return _span(row["readability"]["named"])


def _worth(row: dict[str, Any]) -> str:
    return _span(row["readability"]["named_minus_random"])


def _cause(row: dict[str, Any]) -> str:
    found = row["readability"]["cause_in_top_two"]
    return _span(found[row["readability"]["reading"]]) if found else "not known"


def _floor(row: dict[str, Any]) -> str:
    found = row["readability"]["cause_in_top_two"]
    return _span(found["last item"]) if found else "not known"


def planted_table() -> str:
    """What the generator planted, and what the terms learned of it."""
    rows = json.loads(PLANTED.read_text(encoding="utf-8"))["rows"]
    lines = ["| planted | learned figure, mean of all heads | what the term is worth, nats |", "|---|---|---|"]
    for row in rows:
        name = f"{row['term']}: `{row['setting']}` {row['strength']}"
        lines.append(f"| {name} | {_span(row['figure'])} | {_span(row['worth'])} |")
    return "\n".join(lines)


def write(tables: list[dict[str, Any]]) -> None:
    """Put the tables into README.md and BENCHMARKS.md."""
    root = Path(__file__).parent.parent
    readme, benchmarks = root / "README.md", root / "BENCHMARKS.md"
    readme.write_text(between_marks(readme.read_text(encoding="utf-8"), "readability", goal_table(tables)))
    text = between_marks(benchmarks.read_text(encoding="utf-8"), "readability", goal_table(tables))
    for table in tables:
        text = between_marks(text, f"agreement {table['data']}", agreement_table(table))
    benchmarks.write_text(between_marks(text, "planted terms", planted_table()))


def main() -> None:
    """Print all tables, or write them."""
    tables = read_results()
    if "--write" in sys.argv[1:]:
        write(tables)
        return
    print(goal_table(tables))
    for table in tables:
        print(f"\n### {table['data']}\n\n{agreement_table(table)}")
    print(f"\n{planted_table()}")


if __name__ == "__main__":
    main()
