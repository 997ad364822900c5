"""What can be explained: the top ten, any other item, and the item that came next."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice

import streamlit as st

from pages.ui.colours import BadgeColour
from pages.ui.escape import plain
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.explain.record import Explanation, RankedItem

TITLE_WIDTH = 64
MOST_MATCHES = 12


def recommendations(explanation: Explanation, catalogue: Catalogue, take: Callable[[], None]) -> None:
    """Draw the top ten as a choice of the one to explain; `take` is called when `explain_item` changed."""
    items = {item.item_id: item for item in explanation.recommendations}
    candidate = explanation.candidate.item_id
    st.session_state["explain_item"] = candidate if candidate in items else None
    st.radio(
        "Select one to explain",
        list(items),
        key="explain_item",
        format_func=lambda item_id: _option(items[item_id], explanation),
        captions=[f"{_category(item, catalogue)} · {item.probability:.1%}" for item in items.values()],
        on_change=take,
    )


def listed(explanation: Explanation, catalogue: Catalogue) -> None:
    """Draw the top ten as text, for a pinned view."""
    lines = [
        f"{_option(item, explanation)}  \n{_category(item, catalogue)} · {item.probability:.1%}"
        for item in explanation.recommendations
    ]
    st.markdown("\n\n".join(lines))


def any_item(catalogue: Catalogue, take: Callable[[str], None]) -> None:
    """Draw a search over the whole catalogue; `take` is called with the id of the item to explain."""
    with st.popover("Explain another item", icon=":material/search:", help="Any item of the catalogue"):
        query = st.text_input("Title or id", key="search_item", max_chars=120, placeholder="a word of the title")
        rows = matching_items(catalogue, query)
        if query and not rows:
            st.caption("No item matches.")
        for row in rows:
            label = f"**{plain(catalogue.titles[row], TITLE_WIDTH)}** · {plain(catalogue.category(row), 30)}"
            st.button(label, key=f"item-{row}", on_click=take, args=(catalogue.item_ids[row],), type="tertiary")
        if len(rows) == MOST_MATCHES:
            st.caption(f"The first {MOST_MATCHES} matches; type more of the title to narrow them.")


def matching_items(catalogue: Catalogue, query: str) -> list[int]:
    """Rows of items with this id or with this text in their title, the id first; neutral items left out."""
    text = query.strip().casefold()
    if not text:
        return []
    by_id = catalogue.rows.get(query.strip())
    titled = (row for row, title in enumerate(catalogue.titles) if text in title.casefold() and row != by_id)
    rows = chain([] if by_id is None else [by_id], titled)
    return list(islice((row for row in rows if not catalogue.neutral[row]), MOST_MATCHES))


def target(explanation: Explanation, catalogue: Catalogue) -> None:
    """Draw the item that came next, and where the model ranked it."""
    item = explanation.target
    if item is None:
        return
    with st.container(border=True, gap="xxsmall"):
        st.caption("What came next")
        st.markdown(f"**{plain(item.title, TITLE_WIDTH)}**")
        st.caption(_category(item, catalogue))
        verdict, colour = _verdict(item)
        st.badge(verdict, color=colour)


def _verdict(item: RankedItem) -> tuple[str, BadgeColour]:
    if item.rank == 0:
        return "cannot be recommended here", "gray"
    if item.rank <= 10:
        return f"rank {item.rank}, in the top ten", "green"
    return f"rank {item.rank:,}, outside the top ten", "red"


def _option(item: RankedItem, explanation: Explanation) -> str:
    """Rank and title; the mark is here and not in the caption, which Streamlit fades."""
    came_next = explanation.target is not None and explanation.target.row == item.row
    mark = "  :green-badge[came next]" if came_next else ""
    return f"{item.rank}  **{plain(item.title, TITLE_WIDTH)}**{mark}"


def _category(item: RankedItem, catalogue: Catalogue) -> str:
    hue = category_colour(int(catalogue.category_of[item.row]), bool(catalogue.neutral[item.row]))
    return f':color[●]{{foreground="{hue}"}} {plain(item.category, 40)}'
