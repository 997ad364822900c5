"""Attention, gradients and removal event by event, on one axis, with the events marked over which they disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pages.ui.components.script import register
from streamrec_core.attribution.disputes import Dispute, DisputeSettings, disputes, shares
from streamrec_core.attribution.evidence import Evidence
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.catalogue import Catalogue

TITLE_WIDTH = 120
METHODS = {
    "attention": ("Attention", "#ae7fb2", "where the heads looked, all maps joined as the model reads them"),
    "integrated_gradients": ("Gradients", "#9c8e11", "integrated gradients, in nats"),
    "removal": ("Removal", "#3a78b5", "what the log-probability loses without the event, in nats"),
}
"""In this order on every line: name, colour, what it is; removal last, since the others are held to it."""
DISPUTES = {
    ("attention", "more"): "looked at more than it matters",
    ("attention", "less"): "matters more than it is looked at",
    ("integrated_gradients", "more"): "gradients say more than removal",
    ("integrated_gradients", "less"): "gradients say less than removal",
    ("integrated_gradients", "opposite"): "gradients say the opposite",
}
MARGIN = DisputeSettings()
HOW_TO_READ = (
    "Each bar is an event's share of all that its method found in this session, so that three methods with three units "
    "stand on one axis; left of zero, the event speaks against the title. "
    f"≠ marks events where attention or gradients differ from removal by {MARGIN.margin:.0%} or more and "
    f"{MARGIN.times:g} times the smaller one, or by sign."
)

_bars = register("evidence", '<div class="sr-evidence-root"></div>\n', ("bus.js", "evidence.js"), "evidence.css")


def bars(evidence: Evidence, catalogue: Catalogue, session: str, stamp: str, key: str) -> None:
    """Draw the evidence of one title, or of one title over another.

    Parameters
    ----------
    session : str
        Names the session to the other components of the page.
    stamp : str
        Names what is shown.
    """
    _bars(key=key, data=payload(evidence, catalogue, session, stamp))


def shown(evidence: Evidence) -> dict[str, Any]:
    """What each method found, those that the model has, in the order of the lines."""
    return {name: evidence.values[name] for name in METHODS if name in evidence.values}


def payload(evidence: Evidence, catalogue: Catalogue, session: str, stamp: str) -> dict[str, Any]:
    """What the component is sent."""
    values = shown(evidence)
    parts = {name: shares(figures) for name, figures in values.items()}
    disputed: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in disputes(values):
        disputed[dispute.position].append(dispute)
    return {
        "key": session,
        "stamp": stamp,
        "label": "Evidence by event",
        "methods": [
            {"name": METHODS[name][0], "colour": METHODS[name][1], "about": METHODS[name][2]} for name in values
        ],
        "low": round(min(0.0, *(float(part.min()) for part in parts.values())), 4),
        "high": round(max(0.01, *(float(part.max()) for part in parts.values())), 4),
        "events": [
            {
                "title": catalogue.titles[row][:TITLE_WIDTH] or "untitled",
                "category": "no category" if catalogue.neutral[row] else catalogue.category(row),
                "colour": category_colour(int(catalogue.category_of[row]), bool(catalogue.neutral[row])),
                "item": row,
                "shares": [round(float(part[at]), 4) for part in parts.values()],
                "exact": [_exact(name, float(figures[at])) for name, figures in values.items()],
                "disputes": [_said(dispute) for dispute in disputed[at]],
            }
            for at, row in enumerate(evidence.case.history.items.tolist())
        ],
    }


def disagreement(values: Mapping[str, Any]) -> str:
    """How many events methods disagree over, in a sentence."""
    events = len({dispute.position for dispute in disputes(values)})
    of = len(values["removal"])
    if not events:
        return f"No event among {of} is disputed."
    return f"{events} of {of} events {'is' if events == 1 else 'are'} disputed, marked ≠."


def _exact(method: str, value: float) -> str:
    unit = "of attention" if method == "attention" else "nats"
    return f"{METHODS[method][0]}: {value:.4f} {unit}"


def _said(dispute: Dispute) -> str:
    return DISPUTES[dispute.method, dispute.kind]
