"""The section on the lists themselves, beyond accuracy: each measure beside random, popular and logged lists."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.data.shown_text import distinct_text, shown_text
from streamrec_core.evaluation.beyond_accuracy.beside_floors import BeyondAccuracy
from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure, most_and_least
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS
from streamrec_core.evaluation.beyond_accuracy.measures import LIST_MEASURES
from streamrec_core.report.document import DashboardLink, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref

PER_THOUSAND = ("serendipity", "popularity")
"""Measures too small for the four decimal places of a report; they are given per 1,000."""
UNITS: dict[str, Unit] = {"coverage": "share", "diversity": "share"}
SHOWN_GROUPS = 8


def lists(measured: BeyondAccuracy, groups: Sequence[GroupExposure], register: Register) -> Section:
    """Describe what the lists show, beyond the next title.

    Parameters
    ----------
    measured : BeyondAccuracy
    groups : sequence of GroupExposure
        By category, the most recommended first.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    table = _measures(measured, register)
    model, random, popular = (ref(table.rows[0].cells[column]) for column in range(3))
    return Section(
        key="lists",
        title="What the lists show",
        question="Do the lists show more than the popular titles?",
        says=(
            f"Together the lists hold {model} of the catalogue. Lists drawn at random would hold {random}, the same "
            f"popular titles for everybody {popular}.",
            "No measure here is better the higher it is: random lists are the most diverse, and nobody wants them. "
            "The log itself shows what people choose.",
        ),
        tables=(table, _exposure(groups, register)),
        after=(
            "Definitions as in the library RecTools: intra-list diversity over categories, mean inverse user "
            "frequency, serendipity, average popularity and catalogue coverage. Intervals are 95% CI, bootstrap over "
            "sessions.",
        ),
        evidence=(DashboardLink(page="compare", label="Compare the lists of several models"),),
    )


def _measures(measured: BeyondAccuracy, register: Register) -> Table:
    rows = []
    for name, measure in LIST_MEASURES.items():
        factor = 1_000 if name in PER_THOUSAND else 1
        title = measure.title + (", bits" if measure.unit == "bits" else ", per thousand" if factor > 1 else "")
        cells = []
        for each in (measured.model, *measured.floors):
            low, high = each.intervals[name]
            cells.append(
                register.enter(
                    f"lists/{'model' if each is measured.model else each.name}/{name}",
                    f"{each.name}: {title}",
                    factor * each.mean(name),
                    UNITS.get(name, "number"),
                    (factor * low, factor * high),
                    len(measured.lists),
                )
            )
        rows.append(Row(label=title, note=measure.help, cells=tuple(cells)))
    return Table(
        id="lists/measures",
        title="The lists of the model, and lists made without it",
        columns=("", "Model", *(name.capitalize() for name in FLOORS)),
        rows=tuple(rows),
        note="; ".join(f"{name}: {what}" for name, what in FLOORS.items()) + ".",
    )


def _exposure(groups: Sequence[GroupExposure], register: Register) -> Table:
    rows = []
    for group in most_and_least(groups, SHOWN_GROUPS):
        name, label = f"lists/exposure/{distinct_text(group.label)}", shown_text(group.label)
        shares = {"lists": group.lists, "catalogue": group.catalogue, "log": group.log}
        cells = tuple(
            register.enter(
                f"{name}/{column}",
                f"{label}: share of {column}",
                share,
                "share",
                group.interval if column == "lists" else None,
            )
            for column, share in shares.items()
        )
        rows.append(Row(label=label, cells=cells))
    return Table(
        id="lists/exposure",
        title="Exposure by category",
        columns=("", "Share of the lists", "Share of the catalogue", "Share of the training events"),
        rows=tuple(rows),
        note="Lists drawn at random give every category its share of the catalogue."
        + (" The most and the least recommended categories are shown." if len(groups) > len(rows) else ""),
    )
