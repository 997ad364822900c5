"""Evidence by event: contributions or attention, gradients and removal on one axis, with disagreements marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pages.ui.component import register
from streamrec_core.attribution.agreement import Values
from streamrec_core.attribution.contributions import Contributions
from streamrec_core.attribution.disagreement import DisagreementSettings, MethodDisagreement, disagreements, shares
from streamrec_core.attribution.event_value import VALUE_METHOD
from streamrec_core.attribution.evidence import AttributionEvidence
from streamrec_core.attribution.methods import METHODS
from streamrec_core.charts.palette import METHOD_COLOURS, category_colour
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.shown_number import POINTS, in_points, shown_number

TITLE_WIDTH = 120
SWITCHED = ("contribution", "attention")
"""One of these is shown at a time, by default the first that the model has."""
KINDS = {
    ("contribution", "more"): "contribution is larger than the effect of removal",
    ("contribution", "less"): "contribution is smaller than the effect of removal",
    ("contribution", "opposite"): "contribution has the opposite sign of removal",
    ("attention", "more"): "attention is larger than the effect of removal",
    ("attention", "less"): "attention is smaller than the effect of removal",
    ("integrated_gradients", "more"): "gradients are larger than the effect of removal",
    ("integrated_gradients", "less"): "gradients are smaller than the effect of removal",
    ("integrated_gradients", "opposite"): "gradients have the opposite sign of removal",
}
MARGIN = DisagreementSettings()
HOW_TO_READ = (
    "Each bar is an event's share of the method's total in this session, so that methods with different units fit one "
    "axis. Left of zero, and hatched, the event speaks against the title. "
    f"The number with ▲ or ▼ is what the event is worth in points ({VALUE_METHOD}). "
    f"≠ marks events where another method differs from removal by {MARGIN.margin:.0%} or more and "
    f"{MARGIN.times:g} times the smaller one, or by sign."
)

_bars = register("evidence", '<div class="sr-evidence-root"></div>\n', ("bus.js", "evidence.js"), "evidence.css")


def bars(
    evidence: AttributionEvidence, values: Mapping[str, Values], catalogue: Catalogue, names: tuple[str, str], key: str
) -> None:
    """Draw the evidence of one title, or of one title over another.

    Parameters
    ----------
    evidence : AttributionEvidence
    values : mapping of str to (L,) float64
        Values of each method, see `method_values`.
    catalogue : Catalogue
    names : (str, str)
        Of the session, to the other components of the page, and of what is shown.
    key : str
    """
    _bars(key=key, data=payload(evidence, values, catalogue, names))


def method_values(evidence: AttributionEvidence, contributions: Contributions | None = None) -> dict[str, Values]:
    """Values of each method that the model has, in the order of the lines.

    Parameters
    ----------
    evidence : AttributionEvidence
    contributions : Contributions or None
        Those of the title alone, which add up to its score; without them those in the evidence, over another title.
    """
    values = {name: evidence.values[name] for name in METHOD_COLOURS if name in evidence.values}
    return values if contributions is None else values | {"contribution": contributions.by_event[0]}


def payload(
    evidence: AttributionEvidence, values: Mapping[str, Values], catalogue: Catalogue, names: tuple[str, str]
) -> dict[str, Any]:
    """Data of the component."""
    parts = {name: shares(figures) for name, figures in values.items()}
    by_position: dict[int, list[MethodDisagreement]] = defaultdict(list)
    for item in disagreements(values):
        by_position[item.position].append(item)
    return {
        "key": names[0],
        "stamp": names[1],
        "label": "Evidence by event",
        "switched": [name for name in SWITCHED if name in values],
        "methods": [
            {"key": name, "name": METHODS[name].title, "colour": METHOD_COLOURS[name], "about": METHODS[name].measures}
            for name in values
        ],
        "low": round(min(0.0, *(float(part.min()) for part in parts.values())), 4),
        "high": round(max(0.01, *(float(part.max()) for part in parts.values())), 4),
        "events": [
            {
                "title": catalogue.titles[row][:TITLE_WIDTH] or "untitled",
                "category": "no category" if catalogue.neutral[row] else catalogue.category(row),
                "colour": category_colour(int(catalogue.category_of[row]), bool(catalogue.neutral[row])),
                "item": row,
                "number": evidence.case.history.number(position),
                "value": round(POINTS * float(evidence.values["value"][position]), 2),
                "shares": [round(float(part[position]), 4) for part in parts.values()],
                "exact": [_exact(name, float(figures[position])) for name, figures in values.items()],
                "disagreements": [
                    {"method": item.method, "text": KINDS[item.method, item.kind]} for item in by_position[position]
                ],
            }
            for position, row in enumerate(evidence.case.history.items.tolist())
        ],
    }


def disagreement(values: Mapping[str, Values]) -> str:
    """On how many events the methods disagree, in a sentence; of contributions and attention by the default one."""
    hidden = [name for name in SWITCHED if name in values][1:]
    compared = {name: figures for name, figures in values.items() if name not in hidden}
    events = len({item.position for item in disagreements(compared)})
    total = len(values["removal"])
    if not events:
        return f"The methods agree on all {total} events."
    return f"The methods disagree on {events} of {total} events, marked ≠."


def _exact(method: str, value: float) -> str:
    unit = METHODS[method].unit
    figure = in_points(value, ".2f") if unit == "nats" else f"{shown_number(value, '.4f')} {unit}"
    return f"{METHODS[method].title}: {figure}"
