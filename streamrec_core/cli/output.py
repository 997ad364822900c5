"""How commands speak: JSON for machines on standard output, tables and progress for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
DataOption = Annotated[
    str, typer.Option("--data", help="A preset name, a name in the workspace, or a data set folder.")
]

SHORT, FIGURE = 26, 13
people = Console()
aside = Console(stderr=True)


def print_json(values: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table whose first column is text and whose others are figures; cells are shown as they are.

    Short columns keep their width; where the terminal is narrow, long titles take several lines.
    """
    drawn = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        longest = max((len(line) for row in rows for line in row[number].splitlines()), default=0)
        drawn.add_column(
            column,
            justify="right" if number else "left",
            no_wrap=longest <= SHORT,
            min_width=longest if longest <= FIGURE else None,
        )
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


def in_two_lines(metrics: dict[str, Any], name: str) -> str:
    """The figure, and its interval below it, for tables of many columns."""
    figure, _, bounds = with_interval(metrics, name).partition(" ")
    return f"{figure}\n{bounds.strip('[]').replace(', ', '–')}" if bounds else figure


def with_interval(metrics: dict[str, Any], name: str) -> str:
    """`0.231 [0.219, 0.244]`, or a dash where the figure is not known."""
    if name not in metrics:
        return "–"
    low, high = metrics.get(f"{name}_interval", (None, None))
    bounds = "" if low is None else f" [{low:.3f}, {high:.3f}]"
    return f"{metrics[name]:.4f}{bounds}"
