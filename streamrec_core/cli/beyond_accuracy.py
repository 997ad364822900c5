"""Tables of `evaluate` on measures beyond accuracy and on exposure, with their floors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from streamrec_core.cli.output import table

if TYPE_CHECKING:
    from streamrec_core.evaluation.beyond_accuracy.beside_floors import BeyondAccuracy
    from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure

SHOWN_GROUPS = 12


def beyond_accuracy_table(measured: BeyondAccuracy) -> Table:
    """A row a measure: the model with its interval, random lists, popularity lists, and the log itself."""
    from streamrec_core.evaluation.beyond_accuracy.measures import LIST_MEASURES

    rows = []
    for name, measure in LIST_MEASURES.items():
        low, high = measured.model.intervals[name]
        title = f"{measure.title} (bits)" if measure.unit == "bits" else measure.title
        floors = (f"{floor.mean(name):.3g}" for floor in measured.floors)
        rows.append((title, f"{measured.model.mean(name):.3g}", f"{low:.3g}–{high:.3g}", *floors))
    names = {"random lists": "random", "popularity lists": "popular", "the log itself": "the log"}
    columns = ("", "model", "95% CI", *(names[floor.name] for floor in measured.floors))
    return table("Measures beyond accuracy, and what lists without a model have", columns, rows)


def exposure_table(groups: Sequence[GroupExposure], column: str) -> Table:
    """A row a group of items, the most recommended and the least recommended ones.

    Parameters
    ----------
    groups : sequence of GroupExposure
        The most recommended first.
    column : str
        By which the items are grouped.

    Returns
    -------
    Table
    """
    from streamrec_core.evaluation.beyond_accuracy.exposure import most_and_least

    rows = [
        (
            group.label,
            f"{group.lists:.1%} [{100 * group.interval[0]:.1f}, {100 * group.interval[1]:.1f}]",
            f"{group.catalogue:.1%}",
            f"{group.log:.1%}",
        )
        for group in most_and_least(groups, SHOWN_GROUPS)
    ]
    left_out = f", the most and the least shown of {len(groups):,}" if len(groups) > len(rows) else ""
    title = f"Exposure by {column}: share of all list places{left_out}"
    return table(title, (column, "lists [95% CI]", "random", "the log"), rows)
