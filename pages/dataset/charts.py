"""What a data set holds, drawn: key figures, and charts that narrow to a category when one of its bars is clicked."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.ui.escape import plain
from pages.ui.url_state import CATEGORY, SHEET, choose, forget
from streamrec_core.charts.dataset import (
    MOST_CATEGORIES,
    categories_figure,
    engagement_figure,
    lengths_figure,
    popularity_figure,
    split_figure,
)
from streamrec_core.data.browse.figures import Figures
from streamrec_core.data.browse.tables import Tables
from streamrec_core.data.engagement import ENGAGEMENT_WORDS

BARE = {"displayModeBar": False}
SPLITS = {
    "session": "Whole sessions are dealt out at random, always the same way: 72% to learn from, 8% to choose the best "
    "epoch by, 20% to test on.",
    "time": "Whole sessions in the order of time: the first 72% to learn from, the last 20% to test on.",
    "leave-last-out": "Every session is cut: its last event is the test, the one before it chooses the best epoch, "
    "all earlier ones are learned from.",
}


def key_figures(figures: Figures, tables: Tables) -> None:
    """Draw the numbers that say how large, how sparse and how uneven the data set is."""
    items = len(figures.popularity)
    shown = {
        "Sessions": (f"{figures.sessions:,}", "Each is a history and one event to predict, the target."),
        "Events": (f"{figures.events:,}", "Targets included."),
        "Items": (f"{items:,}", f"{figures.unseen_items:,} of them without an event. Neutral items are not counted."),
        "Sparsity": (f"{figures.sparsity:.2%}", "Share of all pairs of session and item that never met."),
        "Repeats": (f"{figures.repeat_share:.1%}", "Share of events whose item was in the session before."),
        "Top 10% of items": (f"{figures.top_share():.0%}", "Share of all events that falls on the most popular tenth."),
        "Gini": (f"{figures.gini:.2f}", "0: all items equally popular. Near 1: a few items have almost all events."),
    }
    with st.container(horizontal=True, gap="medium", key="dataset-figures"):
        for label, (value, meaning) in shown.items():
            st.metric(label, value, help=meaning, width="content")
    if figures.category:
        st.caption(
            f"Narrowed to **{plain(figures.category, 60)}**: sessions that are mostly of it; engagement and popularity "
            "of its items."
        )


def charts(figures: Figures, tables: Tables) -> None:
    """Draw lengths, categories, engagement, popularity and the split."""
    left, right = st.columns(2, gap="large")
    with left:
        _lengths(figures)
        _popularity(figures)
        _engagement(figures, tables)
    with right:
        _categories(figures, tables)
        _split(figures, tables)


def _lengths(figures: Figures) -> None:
    _heading(
        "Session length",
        "The higher a bar, the more sessions have so many events before the target. Short sessions say little about "
        "a visitor, so a model has less to go by on the left.",
    )
    longest = int(figures.lengths.max()) if len(figures.lengths) else 0
    alt = f"Sessions by number of events before the target; the longest has {longest:,}."
    st.plotly_chart(lengths_figure(figures), config=BARE, key="lengths", alt=alt)


def _categories(figures: Figures, tables: Tables) -> None:
    _heading(
        "Category",
        "Each bar is the number of events of a category's items, its share beside it. Click a bar to narrow the whole "
        "page to that category, and click again to see everything.",
    )
    names = figures.category_events
    # The key changes with the choice: a selection of Plotly's own would otherwise stay behind.
    key = f"categories-{figures.category}"
    st.plotly_chart(
        categories_figure(figures, tables.catalogue.categories),
        config=BARE,
        key=key,
        on_select=_take_bar(key, figures.category, tuple(names)),
        selection_mode="points",
        alt="Events by category: " + ", ".join(f"{name} {events:,}" for name, events in list(names.items())[:8]),
    )
    if len(names) > MOST_CATEGORIES:
        st.caption(f"The {MOST_CATEGORIES} largest of {len(names):,} categories; any of them can be chosen above.")


def _take_bar(key: str, chosen: str, known: tuple[str, ...]) -> Callable[[], None]:
    def take() -> None:
        """What comes from the browser is taken only if it is a category of this data set."""
        points = st.session_state[key].selection.points
        name = str(points[0].get("customdata", [""])[0]) if points else ""
        forget(SHEET)
        if name in known and name != chosen:
            choose(CATEGORY, name)
        else:
            forget(CATEGORY)

    return take


def _engagement(figures: Figures, tables: Tables) -> None:
    words = ENGAGEMENT_WORDS[tables.card.wording]
    _heading(
        "Engagement",
        "What visitors did with the items, from the weakest sign of interest to the strongest. Models read it, and "
        "explanations may name it.",
    )
    told = ", ".join(f"{word} {number:,}" for word, number in zip(words, figures.engagement_events, strict=True))
    st.plotly_chart(engagement_figure(figures, words), config=BARE, key="engagement", alt=f"Events: {told}.")


def _popularity(figures: Figures) -> None:
    _heading(
        "Popularity of items",
        "Items stand from the most to the least popular, and both scales grow tenfold from mark to mark. A line that "
        "falls steeply means that a few items have most of the events: the long tail is on the right.",
    )
    alt = f"Events of items by rank; the top tenth has {figures.top_share():.0%} of all events."
    st.plotly_chart(popularity_figure(figures), config=BARE, key="popularity", alt=alt)


def _split(figures: Figures, tables: Tables) -> None:
    _heading(
        "What the split holds",
        "Figures of quality come from the test part, which no model learns from. New targets are items that stand in "
        "no training session: a model that knows items only by number can hardly name them.",
    )
    if not figures.parts:
        st.caption("There are too few sessions to divide them into parts; nothing can be trained or tested.")
        return
    told = ", ".join(f"{part.name} {part.events:,} events" for part in figures.parts)
    st.plotly_chart(split_figure(figures.parts), config=BARE, key="split", alt=f"The split: {told}.")
    st.dataframe(
        pd.DataFrame([_part(part) for part in figures.parts]),
        hide_index=True,
        alt=f"The split in figures: {told}.",
        column_config={
            "Sessions": st.column_config.NumberColumn(format="localized"),
            "Events": st.column_config.NumberColumn(format="localized"),
            "New targets": st.column_config.NumberColumn(format="percent"),
        },
    )
    st.caption(SPLITS[tables.card.split])


def _part(part: object) -> dict[str, object]:
    row: dict[str, object] = {"Part": part.name, "Sessions": part.sessions, "Events": part.events}
    return row if part.new_targets is None else row | {"New targets": part.new_targets}


def _heading(title: str, how_to_read: str) -> None:
    st.subheader(title, anchor=False, help=how_to_read)
