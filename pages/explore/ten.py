"""The top ten as one choice of the title to explain, with what is to be known of each beside its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.url import CLAUSE, RIVAL
from pages.ui.component import register
from pages.ui.url_state import ITEM, update_url
from streamrec_core.charts.palette import category_colour
from streamrec_core.explain.record import RankedItem

_ten = register("ten", '<div class="sr-ten"></div>\n', ("bus.js", "ten.js"), "ten.css")
TITLE_WIDTH = 120
MOST_NUMBERS = 3
"""Events of the same title that are numbered."""


def top_ten(explained: ExplainedView) -> None:
    """Draw the ten, and below them the explained title where it is not among them."""
    data = payload(explained)
    _ten(key="top-ten", data=data, on_item_change=lambda: take_item(data))


def pinned_ten(explained: ExplainedView) -> None:
    """Draw the ten of a pinned view, where nothing can be chosen."""
    _ten(key="top-ten-pinned", data=payload(explained) | {"fixed": True}, on_item_change=lambda: None)


def payload(explained: ExplainedView) -> dict[str, Any]:
    """What the component is sent."""
    explanation = explained.explanation
    candidate = explanation.candidate
    items = list(explanation.recommendations)
    if candidate.row not in {item.row for item in items}:
        items.append(candidate)
    return {
        "key": f"{explained.session_key}|{explained.bench.weights[:12]}",
        "label": "Ten recommendations: choose one to explain",
        "chosen": candidate.item_id,
        "fixed": False,
        "items": [_item(item, explained) for item in items],
    }


def take_item(data: Mapping[str, Any]) -> None:
    """Explain the title that the visitor chose, if it is one of those shown."""
    sent = st.session_state["top-ten"].get("item")
    if isinstance(sent, Mapping) and sent.get("key") == data["key"]:
        item_id = sent.get("item")
        if item_id in [item["id"] for item in data["items"]]:
            update_url({ITEM: item_id, RIVAL: None, CLAUSE: None})


def seen_events(explained: ExplainedView, row: int) -> list[int]:
    """Numbers of the events of the session that have this item, from 1."""
    return (np.flatnonzero(explained.whole_history.items == row) + 1).tolist()


def event_list(explained: ExplainedView, events: list[int]) -> str:
    """The first numbers of events, and whether all of them are older than what the model reads."""
    history = explained.explanation.history
    numbers = ", ".join(map(str, events[:MOST_NUMBERS])) + (" …" if len(events) > MOST_NUMBERS else "")
    older = f", older than the {len(history)} events that this model reads" if events[-1] <= history.start else ""
    return f"event {numbers}{older}"


def _item(item: RankedItem, explained: ExplainedView) -> dict[str, Any]:
    catalogue, target = explained.bench.dataset.catalogue, explained.target
    return {
        "id": item.item_id,
        "row": item.row,
        "rank": f"{item.rank:,}" if item.rank else "–",
        "title": item.title[:TITLE_WIDTH] or "untitled",
        "category": item.category,
        "colour": category_colour(int(catalogue.category_of[item.row]), bool(catalogue.neutral[item.row])),
        "probability": f"{item.probability:.1%}",
        "next": target is not None and target.row == item.row,
        "seen": _seen(explained, item.row),
        "before": _before(item, explained),
    }


def _seen(explained: ExplainedView, row: int) -> dict[str, str] | None:
    events = seen_events(explained, row)
    return {"short": "again", "full": f"Seen before: {event_list(explained, events)}"} if events else None


def _before(item: RankedItem, explained: ExplainedView) -> str:
    """Its rank before the edits, where they changed it."""
    if explained.before is None:
        return ""
    ranks = {each.row: each.rank for each in explained.before.explanation.recommendations}
    ranks[explained.before.explanation.candidate.row] = explained.before.explanation.candidate.rank
    rank = ranks.get(item.row)
    return "new" if rank is None else "" if rank == item.rank else f"was {rank:,}"
