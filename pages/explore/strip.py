"""A session as a strip of its events: title, category by colour and label, and what the visitor did with each."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from pages.ui.component import register
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENT_WORDS, FULL_VIEW, SAVE, Wording
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.verified import Verified

TITLE_WIDTH = 120
STRONG: dict[Wording, int] = {"events": FULL_VIEW, "ratings": SAVE}
"""From here on an engagement is printed bold: watched to the end, rated 4 of 5."""

_strip = register("strip", '<div class="sr-strip-root"></div>\n', ("bus.js", "strip.js"), "strip.css")


def session_strip(
    explanation: Explanation, dataset: DataSet, session: str, named: Set[int] = frozenset(), key: str = "strip"
) -> None:
    """Draw the history, latest event in view first.

    Parameters
    ----------
    explanation : Explanation
    dataset : DataSet
    session : str
        Names the session to the other components of the page, so that an event is highlighted in all of them.
    named : set of int
        Events that the answer names; they are marked.
    key : str
    """
    label = "Events of this session, latest first"
    _strip(key=key, data={"key": session, "label": label, "events": events(explanation, dataset, named)})


def named_events(verified: Verified | None) -> Set[int]:
    """Positions of the events that the checked sentence names one by one; none without a confirmed reason."""
    reasons = () if verified is None else verified.named
    return {position for check in reasons if check.reason.kind != "category" for position in check.reason.positions}


def events(explanation: Explanation, dataset: DataSet, named: Set[int] = frozenset()) -> list[dict[str, Any]]:
    """The events of the history as the components in the browser take them; `named` ones are marked."""
    words, strong = ENGAGEMENT_WORDS[dataset.card.wording], STRONG[dataset.card.wording]
    catalogue, history = dataset.catalogue, explanation.history
    return [
        {
            "title": catalogue.titles[row][:TITLE_WIDTH] or "untitled",
            "category": "no category" if catalogue.neutral[row] else catalogue.category(row),
            "colour": category_colour(int(catalogue.category_of[row]), bool(catalogue.neutral[row])),
            "mark": words[mark],
            "strong": mark >= strong,
            "named": position in named,
            "item": row,
        }
        for position, (row, mark) in enumerate(zip(history.items.tolist(), history.engagements.tolist(), strict=True))
    ]
