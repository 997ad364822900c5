"""Options and output shared by commands: JSON on standard output, or tables and progress bars."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from streamrec_core.data.progress import progress_listener
from streamrec_core.data.shown_text import shown_text
from streamrec_core.errors import StreamRecError

PseudonymsOption = Annotated[
    str,
    typer.Option(
        help="Pseudonyms for session ids: auto (where they look like e-mail addresses or phone numbers), always, never."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
DataOption = Annotated[
    str,
    typer.Option(
        "--data", help="A preset name, a name in the workspace, or a data set folder; also s3://BUCKET/FOLDER."
    ),
]
RunOption = Annotated[Path | None, typer.Option("--run", help="Run folder or name; uses its best epoch.")]
CheckpointOption = Annotated[
    Path | None, typer.Option("--checkpoint", help="Checkpoint folder. Default: the shipped transformer.")
]
ModelFromOption = Annotated[
    str | None,
    typer.Option(
        "--model-from",
        metavar="MODULE:FUNCTION",
        help="A model of another library: a function in the working directory that returns it, or a name in "
        "models.toml. Runs that code.",
    ),
]
ModelDataOption = Annotated[
    str | None, typer.Option("--data", help="Preset, name or folder. Default: what the model was trained on.")
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda. auto: the GPU where there is one.")]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs", min=1, help="Worker processes, each with one thread. The output is the same for any number."
    ),
]

EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        help="local: processes of this machine. ray: workers on a Ray cluster; needs streamrec[ray]. Same output.",
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="With --engine ray: the cluster, or auto for the one on this machine. Default: RAY_ADDRESS; without it, a "
        "cluster that is started on this machine and ends with the command.",
    ),
]

SHORT, FIGURE = 26, 13
CELL = 300
"""Characters of a line of a cell."""
people = Console()
aside = Console(stderr=True)


def print_json(values: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def damaged_json(damaged: Mapping[str, StreamRecError]) -> dict[str, str]:
    """Why each entry of a list cannot be read, by name."""
    return {name: str(error) for name, error in damaged.items()}


def print_damaged(damaged: Mapping[str, StreamRecError]) -> None:
    """Name the entries of a list that cannot be read, a line each."""
    for name, error in damaged.items():
        people.print(f"{name}: damaged: {error}", markup=False, highlight=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Make a table with a column of text and columns of numbers; cells are shown without markup.

    Short columns keep their width; in a narrow terminal, long titles wrap.

    Parameters
    ----------
    title : str
    columns : sequence of str
        Titles.
    rows : sequence of sequence of str
        A cell for each column; it may have several lines.

    Returns
    -------
    Table
    """
    grid = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        longest = max((len(line) for row in rows for line in row[number].splitlines()), default=0)
        grid.add_column(
            column,
            justify="right" if number else "left",
            no_wrap=longest <= SHORT,
            min_width=longest if longest <= FIGURE else None,
        )
    for row in rows:
        grid.add_row(*(Text(_cell(cell)) for cell in row))
    return grid


def _cell(text: str) -> str:
    """A cell whose lines are cut, without the controls of a terminal that a title may hold."""
    lines = text.splitlines()
    return "\n".join(line if len(line) <= CELL and line.isprintable() else shown_text(line, CELL) for line in lines)


def progress_bar(quiet: bool) -> Progress:
    """Make a bar on standard error that vanishes when done; none where quiet."""
    return Progress(TextColumn("{task.description}"), BarColumn(), console=aside, transient=True, disable=quiet)


@contextmanager
def shown_progress(quiet: bool) -> Iterator[None]:
    """Show what long work reports in a line on standard error, which vanishes when done; none without a terminal."""
    with progress_bar(quiet or not aside.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(doing: str, share: float | None) -> None:
            bar.update(task, description=escape(doing), total=None if share is None else 1.0, completed=share or 0.0)

        with progress_listener(show):
            yield


def in_two_lines(metrics: Mapping[str, Any], name: str) -> str:
    """Format a metric with its interval below it, for tables of many columns.

    Parameters
    ----------
    metrics : mapping of str to Any
        `name` and `name_interval`.
    name : str
        Of the metric.

    Returns
    -------
    str
    """
    figure, _, bounds = with_interval(metrics, name).partition(" ")
    return f"{figure}\n{bounds.strip('[]').replace(', ', '–')}" if bounds else figure


def with_interval(metrics: Mapping[str, Any], name: str) -> str:
    """Format a metric as `0.2310 [0.219, 0.244]`, or as a dash where it is missing.

    Parameters
    ----------
    metrics : mapping of str to Any
        `name` and `name_interval`.
    name : str
        Of the metric.

    Returns
    -------
    str

    Examples
    --------
    >>> with_interval({"mrr": 0.231, "mrr_interval": (0.219, 0.244)}, "mrr")
    '0.2310 [0.219, 0.244]'
    """
    if name not in metrics:
        return "–"
    low, high = metrics.get(f"{name}_interval", (None, None))
    bounds = "" if low is None else f" [{low:.3f}, {high:.3f}]"
    return f"{metrics[name]:.4f}{bounds}"
