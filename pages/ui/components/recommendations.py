"""The ten recommendations, each open to being explained, and what really came next."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.plain import plain
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.explain.record import Explanation, RankedItem

TITLE_WIDTH = 64


def recommendations(explanation: Explanation, catalogue: Catalogue, take: Callable[[], None]) -> None:
    """Draw the ten as a choice of the one to explain; `take` is called when `explain_item` changed."""
    items = {item.item_id: item for item in explanation.recommendations}
    chosen = explanation.candidate.item_id
    st.session_state["explain_item"] = chosen if chosen in items else None
    st.radio(
        "Choose one to explain",
        list(items),
        key="explain_item",
        format_func=lambda item_id: _option(items[item_id], explanation),
        captions=[f"{_category(item, catalogue)} · {item.probability:.1%}" for item in items.values()],
        on_change=take,
    )


def target(explanation: Explanation, catalogue: Catalogue) -> None:
    """Draw what really came next, and where the model ranked it."""
    found = explanation.target
    if found is None:
        return
    with st.container(border=True, gap="xxsmall"):
        st.caption("What really came next")
        st.markdown(f"**{plain(found.title, TITLE_WIDTH)}**")
        st.caption(_category(found, catalogue))
        verdict, colour = _verdict(found)
        st.badge(verdict, color=colour)


def _verdict(found: RankedItem) -> tuple[str, str]:
    if found.rank == 0:
        return "cannot be recommended here", "gray"
    if found.rank <= 10:
        return f"rank {found.rank}, among the ten", "green"
    return f"rank {found.rank:,}, a miss at ten", "red"


def _option(item: RankedItem, explanation: Explanation) -> str:
    """Rank and title; the mark stands here and not in the caption, which Streamlit fades."""
    came = explanation.target is not None and explanation.target.row == item.row
    mark = "  :green-badge[came next]" if came else ""
    return f"{item.rank}  **{plain(item.title, TITLE_WIDTH)}**{mark}"


def _category(item: RankedItem, catalogue: Catalogue) -> str:
    hue = category_colour(int(catalogue.category_of[item.row]), bool(catalogue.neutral[item.row]))
    return f':color[●]{{foreground="{hue}"}} {plain(item.category, 40)}'
