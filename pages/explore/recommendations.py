"""What may be explained: the ten recommendations, any other item, and what really came next."""

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
FOUND_AT_MOST = 12


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


def listed(explanation: Explanation, catalogue: Catalogue) -> None:
    """Draw the ten to be read only, for a view that stands beside another."""
    lines = [
        f"{_option(item, explanation)}  \n{_category(item, catalogue)} · {item.probability:.1%}"
        for item in explanation.recommendations
    ]
    st.markdown("\n\n".join(lines))


def any_item(explanation: Explanation, catalogue: Catalogue, take: Callable[[str], None]) -> None:
    """Draw a search over the whole catalogue; `take` is called with the id of the item to explain."""
    with st.popover("Explain another item", icon=":material/search:", help="Any item of the catalogue"):
        typed = st.text_input("Title or id", key="search_item", max_chars=120, placeholder="a word of the title")
        found = matching_items(catalogue, typed)
        if typed and not found:
            st.caption("No item has this in its title or as its id.")
        for row in found:
            label = f"**{plain(catalogue.titles[row], TITLE_WIDTH)}** · {plain(catalogue.category(row), 30)}"
            st.button(label, key=f"item-{row}", on_click=take, args=(catalogue.item_ids[row],), type="tertiary")
        if len(found) == FOUND_AT_MOST:
            st.caption(f"The first {FOUND_AT_MOST}; type more of the title to see others.")


def matching_items(catalogue: Catalogue, typed: str) -> list[int]:
    """Rows of items with this id or with this text in their title, the id first; neutral items left out."""
    text = typed.strip().casefold()
    if not text:
        return []
    by_id = catalogue.rows.get(typed.strip())
    titled = (row for row, title in enumerate(catalogue.titles) if text in title.casefold() and row != by_id)
    rows = chain([] if by_id is None else [by_id], titled)
    return list(islice((row for row in rows if not catalogue.neutral[row]), FOUND_AT_MOST))


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


def _verdict(found: RankedItem) -> tuple[str, BadgeColour]:
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
