"""Contributions or attention, gradients and removal, event by event, on one axis; where they disagree is marked."""

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

TITLE_WIDTH = 120
Names = tuple[str, str]
SWITCHED = ("contribution", "attention")
"""Of these one is shown at a time, the first that the model has before anybody chooses."""
DISPUTES = {
    ("contribution", "more"): "adds more than it matters",
    ("contribution", "less"): "matters more than it adds",
    ("contribution", "opposite"): "contribution says the opposite",
    ("attention", "more"): "looked at more than it matters",
    ("attention", "less"): "matters more than it is looked at",
    ("integrated_gradients", "more"): "gradients say more than removal",
    ("integrated_gradients", "less"): "gradients say less than removal",
    ("integrated_gradients", "opposite"): "gradients say the opposite",
}
MARGIN = DisagreementSettings()
HOW_TO_READ = (
    "Each bar is an event's share of all that its method found in this session, so that methods with different units "
    "stand on one axis; left of zero, and hatched, the event speaks against the title. "
    f"The number with ▲ or ▼ is what the event is worth in nats ({VALUE_METHOD}). "
    f"≠ marks events where another method differs from removal by {MARGIN.margin:.0%} or more and "
    f"{MARGIN.times:g} times the smaller one, or by sign."
)

_bars = register("evidence", '<div class="sr-evidence-root"></div>\n', ("bus.js", "evidence.js"), "evidence.css")


def bars(
    evidence: AttributionEvidence, values: Mapping[str, Values], catalogue: Catalogue, names: Names, key: str
) -> None:
    """Draw the evidence of one title, or of one title over another.

    Parameters
    ----------
    evidence : AttributionEvidence
    values : mapping of str to (L,) float64
        What each method found, see `shown`.
    catalogue : Catalogue
    names : (str, str)
        Of the session, to the other components of the page, and of what is shown.
    key : str
    """
    _bars(key=key, data=payload(evidence, values, catalogue, names))


def shown(evidence: AttributionEvidence, contributions: Contributions | None = None) -> dict[str, Values]:
    """What each method found, those that the model has, in the order of the lines.

    Parameters
    ----------
    evidence : AttributionEvidence
    contributions : Contributions or None
        Those of the title alone, which add up to its score; else what evidence holds, against another title.
    """
    values = {name: evidence.values[name] for name in METHOD_COLOURS if name in evidence.values}
    return values if contributions is None else values | {"contribution": contributions.by_event[0]}


def payload(
    evidence: AttributionEvidence, values: Mapping[str, Values], catalogue: Catalogue, names: Names
) -> dict[str, Any]:
    """What the component is sent."""
    parts = {name: shares(figures) for name, figures in values.items()}
    disputed: dict[int, list[MethodDisagreement]] = defaultdict(list)
    for dispute in disagreements(values):
        disputed[dispute.position].append(dispute)
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
                "value": round(float(evidence.values["value"][at]), 4),
                "shares": [round(float(part[at]), 4) for part in parts.values()],
                "exact": [_exact(name, float(figures[at])) for name, figures in values.items()],
                "disputes": [{"method": one.method, "text": _said(one)} for one in disputed[at]],
            }
            for at, row in enumerate(evidence.case.history.items.tolist())
        ],
    }


def disagreement(values: Mapping[str, Values]) -> str:
    """How many events methods disagree over, in a sentence; of contributions and attention, by what is shown first."""
    hidden = [name for name in SWITCHED if name in values][1:]
    compared = {name: figures for name, figures in values.items() if name not in hidden}
    events = len({dispute.position for dispute in disagreements(compared)})
    of = len(values["removal"])
    if not events:
        return f"No event among {of} is disputed."
    return f"{events} of {of} events {'is' if events == 1 else 'are'} disputed, marked ≠."


def _exact(method: str, value: float) -> str:
    return f"{METHODS[method].title}: {value:.4f} {METHODS[method].unit}"


def _said(dispute: MethodDisagreement) -> str:
    return DISPUTES[dispute.method, dispute.kind]
