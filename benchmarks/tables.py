"""Turn the stored results of the comparison into the Markdown tables of README.md, BENCHMARKS.md and docs/checks.md.

    python benchmarks/tables.py [--write]

With `--write` the tables are put between their marks in these files. A test checks that they stand there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats

from streamrec_core.explain.nulls import NULL_ROWS, NullShares

RESULTS = Path(__file__).parent / "results" / "comparison.json"
NAMES = {
    "additive/transformer": "**additive session transformer** (`additive`, the default)",
    "plain/transformer": "standard session transformer (`plain`)",
    "plain/lstm": "LSTM, 256 units",
    "case-study/transformer": "transformer as printed in the case study",
    "sequential rules": "sequential rules (what came within ten events)",
    "item neighbours": "item neighbours (collaborative filtering)",
    "last category": "popular items of the last event's category",
    "popularity": "popularity",
    "recent popularity": "recent popularity",
}


def read_results() -> dict[str, Any]:
    """The stored output of `benchmarks/comparison.py`."""
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def full_table(table: dict[str, Any]) -> str:
    """All metrics of one data set, best Hit@10 first."""
    has_ceiling = table["ceiling_hit@10"] is not None
    head = ["model", "Hit@10", "each seed", "NDCG@10", "MRR"] + (
        ["expected Hit@10", "share of ceiling"] if has_ceiling else []
    )
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in sorted(table["rows"], key=lambda row: -row["hit@10"]):
        seeds = " · ".join(f"{value:.3f}" for value in row["hit@10_by_seed"]) if row["seeds"] else "–"
        cells = [NAMES[row["model"]], _figure(row, "hit@10"), seeds, _figure(row, "ndcg@10"), _figure(row, "mrr")]
        cells += [_figure(row, "expected_hit@10"), f"{row['share_of_ceiling']:.3f}"] if has_ceiling else []
        lines.append("| " + " | ".join(cells) + " |")
    if has_ceiling:
        ceiling = table["ceiling_hit@10"]
        lines.append(f"| ceiling (best ten under the known distribution) | – | – | – | – | {ceiling:.4f} | 1 |")
    if "ideal_hit@10" in table:
        cells = [_figure(table, "ideal_hit@10"), f"{table['ideal_hit@10'] / table['ceiling_hit@10']:.3f}"]
        lines.append("| ideal observer (reads the history only) | – | – | – | – | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def short_table(tables: list[dict[str, Any]]) -> str:
    """Hit@10 of every model on every data set, for the README."""
    lines = [
        "| Hit@10 [95 %] | " + " | ".join(table["data"] for table in tables) + " |",
        "|---" * (len(tables) + 1) + "|",
    ]
    for model in NAMES:
        rows = [next((row for row in table["rows"] if row["model"] == model), None) for table in tables]
        if any(rows):
            cells = ["–" if row is None else _figure(row, "hit@10") for row in rows]
            lines.append(f"| {NAMES[model]} | " + " | ".join(cells) + " |")
    ceilings = ["not known" if not table["ceiling_hit@10"] else f"{table['ceiling_hit@10']:.3f}" for table in tables]
    observers = [_figure(table, "ideal_hit@10") if "ideal_hit@10" in table else "not known" for table in tables]
    lines.append("| ideal observer of the history, expected | " + " | ".join(observers) + " |")
    lines.append("| ceiling | " + " | ".join(ceilings) + " |")
    return "\n".join(lines)


def differences(tables: list[dict[str, Any]]) -> str:
    """The additive transformer minus the LSTM and minus the plain one, session by session."""
    lines = ["| data | paired [95 %] | Hit@10 | expected Hit@10 |", "|---|---|---|---|"]
    for table in tables:
        for name, figures in table["differences"].items():
            cells = [_difference(figures, metric) for metric in ("hit@10", "expected_hit@10")]
            lines.append(f"| {table['data']} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _difference(figures: dict[str, Any], metric: str) -> str:
    if f"{metric}_difference" not in figures:
        return "not known"
    low, high = figures[f"{metric}_difference_interval"]
    return f"{figures[f'{metric}_difference']:+.4f} [{low:+.4f}, {high:+.4f}]"


def read_nulls() -> dict[str, NullShares]:
    """What noise gets from the checks, as counted beside the shipped models that know the preset, by model."""
    folder = Path(__file__).parent.parent / "checkpoints"
    names = ("streamrec-transformer", "streamrec-plain", "streamrec-lstm")
    stored = {name: json.loads((folder / name / "explanations.json").read_text("utf-8"))["nulls"] for name in names}
    return {name: NullShares.model_validate(nulls) for name, nulls in stored.items()}


def nulls_table(counted: dict[str, NullShares]) -> str:
    """The share of verified explanations of each model beside what noise gets."""
    lines = ["| verified | " + " | ".join(f"`{name}`" for name in counted) + " |", "|---" * (len(counted) + 1) + "|"]
    for key, title in NULL_ROWS.items():
        cells = [
            f"{row.verified:.2f} [{row.interval[0]:.2f}, {row.interval[1]:.2f}]"
            for row in (nulls.rows()[key] for nulls in counted.values())
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def read_context() -> dict[str, Any]:
    """The stored output of `benchmarks/local_context.py`."""
    stored: dict[str, Any] = json.loads((RESULTS.parent / "local_context.json").read_text(encoding="utf-8"))
    return stored


def context_table(stored: dict[str, Any]) -> str:
    """What a local context buys in accuracy, and how far contributions and event values then foresee removal."""
    head = ["each event is read", "Hit@10", "NDCG@10", "contributions: Pearson", "tau", "event values: Pearson", "R²"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, row in stored["rows"].items():
        cells = [_figure(row["test"], "hit@10"), _figure(row["test"], "ndcg@10")]
        if by := row.get("agreement"):
            values, contributions = by["value"], by["contribution"]
            figures = (contributions["pearson"], contributions["tau"], values["pearson"], values["r2"])
            cells += [f"{figure:.2f}" for figure in figures]
        lines.append("| " + " | ".join([name, *cells, *["–"] * (len(head) - 1 - len(cells))]) + " |")
    floors = next(iter(reversed([row["agreement"] for row in stored["rows"].values() if "agreement" in row])))
    for name, by in floors.items():
        if name not in ("contribution", "value"):
            cells = ["–", "–", f"{by['pearson']:.2f}", f"{by['tau']:.2f}", "–", f"{by['r2']:.2f}"]
            lines.append("| " + " | ".join([f"*{name}, the last of these*", *cells]) + " |")
    return "\n".join(lines)


def read_time_gaps() -> dict[str, Any]:
    """The stored output of `benchmarks/time_gaps.py`."""
    stored: dict[str, Any] = json.loads((RESULTS.parent / "time_gaps.json").read_text(encoding="utf-8"))
    return stored


def time_gaps_table(stored: dict[str, Any]) -> str:
    """Accuracy of each variant by seed, its mean, and the mean difference from the first with its interval."""
    seeds = " | ".join(f"seed {seed}" for seed in stored["seeds"])
    lines = [
        f"| | validation, mean | test: {seeds} | mean | more than the first row [95 % over seeds] |",
        "|---" * (4 + len(stored["seeds"])) + "|",
    ]
    for figure, title in (("hit@10", "Hit@10"), ("ndcg@10", "NDCG@10")):
        by = {
            part: {name: np.array([row[part][figure] for row in rows]) for name, rows in stored["rows"].items()}
            for part in ("validation", "test")
        }
        first = next(iter(by["test"].values()))
        for name, values in by["test"].items():
            more = values - first
            half = float(scipy.stats.t.ppf(0.975, len(more) - 1) * scipy.stats.sem(more))
            seeds = " | ".join(f"{value:.3f}" for value in values)
            low, middle, high = more.mean() - half, more.mean(), more.mean() + half
            gain = "–" if values is first else f"{middle:+.4f} [{low:+.4f}, {high:+.4f}]"
            mean = by["validation"][name].mean()
            lines.append(f"| {name}: {title} | {mean:.4f} | {seeds} | {values.mean():.4f} | {gain} |")
    return "\n".join(lines)


def read_soon_after() -> dict[str, Any]:
    """The stored output of `benchmarks/soon_after.py`."""
    stored: dict[str, Any] = json.loads((RESULTS.parent / "soon_after.json").read_text(encoding="utf-8"))
    return stored


def soon_after_table(stored: dict[str, Any]) -> str:
    """Accuracy of each variant on the test part, and what the first row has more, session by session."""
    lines = [
        "| | Hit@10 | NDCG@10 | `additive` has more: Hit@10 | NDCG@10 |",
        "|---|---|---|---|---|",
    ]
    for name, row in stored["rows"].items():
        more = [_difference(row["more"][key], key) if "more" in row else "–" for key in ("hit@10", "ndcg@10")]
        lines.append(
            "| " + " | ".join([name, *(_figure(row["test"], key) for key in ("hit@10", "ndcg@10")), *more]) + " |"
        )
    return "\n".join(lines)


def read_without_content() -> dict[str, Any]:
    """The stored output of `benchmarks/without_content.py`."""
    stored: dict[str, Any] = json.loads((RESULTS.parent / "without_content.json").read_text(encoding="utf-8"))
    return stored


def without_content_table(stored: dict[str, Any]) -> str:
    """Accuracy of each model that reads the numbers of items alone, and what category and engagement bring it."""
    lines = [
        "| items alone | Hit@10 | NDCG@10 | with category and engagement, more: Hit@10 | NDCG@10 |",
        "|---|---|---|---|---|",
    ]
    for row in stored["rows"]:
        cells = [_figure(row["without"], "hit@10"), _figure(row["without"], "ndcg@10")]
        cells += [_difference(row["more"], "hit@10"), _difference(row["more"], "ndcg@10")]
        lines.append("| " + " | ".join([NAMES[row["model"]], *cells]) + " |")
    return "\n".join(lines)


def _figure(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_interval"]
    digits = 4 if row[name] < 0.03 else 3
    return f"{row[name]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def between_marks(text: str, mark: str, content: str) -> str:
    """The text with what stands between `<!-- mark -->` and `<!-- /mark -->` replaced."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = text.partition(start)
    _, closing_mark, after = rest.partition(end)
    if not closing_mark:
        raise SystemExit(f"the marks {start} and {end} are missing")
    return f"{before}{start}\n{content}\n{end}{after}"


def write(tables: list[dict[str, Any]]) -> None:
    """Put the tables into README.md, BENCHMARKS.md and docs/checks.md."""
    root = Path(__file__).parent.parent
    readme, benchmarks, checks = root / "README.md", root / "BENCHMARKS.md", root / "docs" / "checks.md"
    readme.write_text(between_marks(readme.read_text(encoding="utf-8"), "short table", short_table(tables)), "utf-8")
    checks.write_text(between_marks(checks.read_text(encoding="utf-8"), "nulls", nulls_table(read_nulls())), "utf-8")
    text = benchmarks.read_text(encoding="utf-8")
    for table in tables:
        text = between_marks(text, f"table {table['data']}", full_table(table))
    text = between_marks(text, "differences", differences(tables))
    text = between_marks(text, "local context", context_table(read_context()))
    text = between_marks(text, "time gaps", time_gaps_table(read_time_gaps()))
    text = between_marks(text, "soon after", soon_after_table(read_soon_after()))
    text = between_marks(text, "without content", without_content_table(read_without_content()))
    text = between_marks(text, "nulls", nulls_table(read_nulls()))
    benchmarks.write_text(text, encoding="utf-8")


def main() -> None:
    """Print all tables, or write them."""
    tables = read_results()["tables"]
    if "--write" in sys.argv[1:]:
        write(tables)
        return
    print(short_table(tables))
    for table in tables:
        print(f"\n### {table['data']}\n\n{full_table(table)}")


if __name__ == "__main__":
    main()
