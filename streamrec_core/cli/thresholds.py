"""Thresholds on the command line: the option, the table of outcomes, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from streamrec_core.cli.output import people, table

if TYPE_CHECKING:
    from streamrec_core.diagnosis.gate.thresholds import Judgement, Threshold

ThresholdsOption = Annotated[
    Path | None,
    typer.Option(
        "--thresholds", help="TOML or JSON file of limits, such as coverage = 0.3. Exit code 1: one is not met."
    ),
]
OUTCOME_SIGNS = {"met": "✓ met", "not met": "✗ not met", "not decided": "? not decided"}


def judgement_table(judgements: Sequence[Judgement], noun: str) -> Table:
    """A row a threshold: the limit, the figure with its interval, the test, and the outcome.

    Parameters
    ----------
    judgements : sequence of Judgement
    noun : str
        What the data set calls an item.

    Returns
    -------
    Table
    """
    from streamrec_core.data.nouns import in_noun

    rows = []
    for judgement in judgements:
        measured = judgement.estimate
        interval = "" if measured.low is None else f"{measured.low:.3g}–{measured.high:.3g}"
        sign = "≥" if judgement.threshold.bound == "at_least" else "≤"
        rows.append(
            (
                f"{in_noun(judgement.title, noun)}\n{judgement.test}",
                f"{sign} {judgement.threshold.limit:g}",
                f"{measured.figure:.3g}\n{interval}",
                OUTCOME_SIGNS[judgement.outcome],
            )
        )
    return table("Thresholds", ("figure, and how its interval is made", "limit", "measured", "outcome"), rows)


def print_judgements(judgements: Sequence[Judgement], thresholds: Sequence[Threshold], noun: str) -> None:
    """Print the table of outcomes, and which thresholds could not be compared.

    Parameters
    ----------
    judgements : sequence of Judgement
    thresholds : sequence of Threshold
        All that the file sets.
    noun : str
        What the data set calls an item.
    """
    people.print(judgement_table(judgements, noun))
    if left_out := not_judged(judgements, thresholds):
        text = f"Not compared: {', '.join(left_out)}; these compare two models (streamrec diff)."
        people.print(text, markup=False, highlight=False, soft_wrap=True)


def plain_judgements(judgements: Sequence[Judgement], thresholds: Sequence[Threshold]) -> dict[str, Any]:
    """Outcomes for JSON, and the names of the thresholds that were not compared.

    Parameters
    ----------
    judgements : sequence of Judgement
    thresholds : sequence of Threshold

    Returns
    -------
    dict
    """
    return {"judged": [each.as_plain() for each in judgements], "not_judged": not_judged(judgements, thresholds)}


def not_judged(judgements: Sequence[Judgement], thresholds: Sequence[Threshold]) -> list[str]:
    """Names of the thresholds that were not compared with anything.

    Parameters
    ----------
    judgements : sequence of Judgement
    thresholds : sequence of Threshold

    Returns
    -------
    list of str
    """
    judged = {judgement.threshold for judgement in judgements}
    return list(dict.fromkeys(each.key for each in thresholds if each not in judged))
