"""Key figures and charts of a data set; a click on a category's bar filters the page to it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.dataset.url import CATEGORY
from pages.ui.chart import chart
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.url_state import change_url
from streamrec_core.charts.dataset import (
    MOST_CATEGORIES,
    categories_figure,
    engagement_figure,
    lengths_figure,
    popularity_figure,
    split_figure,
)
from streamrec_core.data.browse.figures import Figures, PartFigures
from streamrec_core.data.browse.tables import Tables

SPLITS = {
    "session": "Whole sessions at random, the same on every run: 72% for training, 8% for validation, which selects "
    "the best epoch, 20% for testing.",
    "time": "Whole sessions in order of time: the first 72% for training, the last 20% for testing.",
    "leave-last-out": "Every session is cut: its last event is the test target, the one before it is used for "
    "validation, all earlier ones for training.",
}


def key_figures(figures: Figures, tables: Tables) -> None:
    """Draw the size, sparsity, repeats and popularity skew of the data set."""
    items = len(figures.popularity)
    shown = {
        "Sessions": (f"{figures.sessions:,}", "Each session is a history plus one event to predict, the target."),
        "Events": (f"{figures.events:,}", "Including targets."),
        "Items": (f"{items:,}", f"{figures.unseen_items:,} of them have no events. Neutral items are not counted."),
        "Sparsity": (f"{figures.sparsity:.2%}", "Share of session-item pairs that never occur."),
        "Repeats": (f"{figures.repeat_share:.1%}", "Share of events whose item appeared earlier in the session."),
        "Top 10% of items": (
            f"{figures.top_share():.0%}",
            "Share of all events that go to the most popular 10% of items.",
        ),
        "Gini": (
            f"{figures.gini:.2f}",
            "0: all items equally popular. Close to 1: a few items have almost all events.",
        ),
    }
    with st.container(horizontal=True, gap="medium", key="dataset-figures"):
        for label, (value, meaning) in shown.items():
            st.metric(label, value, help=meaning, width="content")
    if figures.category:
        st.caption(
            f"Filtered to **{plain(figures.category, 60)}**: sessions mostly in this category; engagement and "
            "popularity of its items."
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
        "Number of sessions by events before the target. Short sessions, on the left, give a model less to work with.",
    )
    longest = int(figures.lengths.max()) if len(figures.lengths) else 0
    alt = f"Sessions by number of events before the target; the longest has {longest:,}."
    chart(lengths_figure(figures), key="lengths", alt=alt)


def _categories(figures: Figures, tables: Tables) -> None:
    _heading(
        "Category",
        "Number of events per category, with its share beside the bar. Click a bar to filter the page to that "
        "category; click it again to clear the filter.",
    )
    names = figures.category_events
    # The key changes with the choice: a selection of Plotly's own would otherwise stay behind.
    key = f"categories-{figures.category}"
    chart(
        categories_figure(figures, tables.catalogue.categories),
        key=key,
        on_select=_take_bar(key, figures.category, tuple(names)),
        selection_mode="points",
        alt="Events by category: " + ", ".join(f"{name} {events:,}" for name, events in list(names.items())[:8]),
    )
    if len(names) > MOST_CATEGORIES:
        st.caption(f"The {MOST_CATEGORIES} largest of {len(names):,} categories; choose any of them above.")


def _take_bar(key: str, current: str, categories: tuple[str, ...]) -> Callable[[], None]:
    def take() -> None:
        """Accept from the browser only a category of this data set."""
        points = st.session_state[key].selection.points
        name = str(points[0].get("customdata", [""])[0]) if points else ""
        change_url(CATEGORY, name if name in categories and name != current else None)

    return take


def _engagement(figures: Figures, tables: Tables) -> None:
    words = tables.catalogue.words.phrases
    _heading(
        "Engagement",
        "What visitors did with the items, from the weakest sign of interest to the strongest. Models use it as input, "
        "and explanations may mention it.",
    )
    counts = ", ".join(f"{word} {number:,}" for word, number in zip(words, figures.engagement_events, strict=True))
    chart(engagement_figure(figures, words), key="engagement", alt=f"Events: {counts}.")


def _popularity(figures: Figures) -> None:
    _heading(
        "Item popularity",
        "Items from the most to the least popular, both axes logarithmic. A steep line means that a few items have "
        "most of the events; the long tail is on the right.",
    )
    alt = f"Events of items by rank; the top tenth has {figures.top_share():.0%} of all events."
    chart(popularity_figure(figures), key="popularity", alt=alt)


def _split(figures: Figures, tables: Tables) -> None:
    _heading(
        "Split",
        "Metrics are computed on the test part, which no model is trained on. New targets are items that appear in no "
        "training session: a model that knows items only by id can hardly recommend them.",
    )
    if not figures.parts:
        st.caption("Too few sessions to split; nothing can be trained or tested.")
        return
    sizes = ", ".join(f"{part.name} {part.events:,} events" for part in figures.parts)
    chart(split_figure(figures.parts), key="split", alt=f"The split: {sizes}.")
    data_table(
        pd.DataFrame([_part(part) for part in figures.parts]),
        file="split",
        hide_index=True,
        alt=f"The split as a table: {sizes}.",
        column_config={
            "Sessions": st.column_config.NumberColumn(format="localized"),
            "Events": st.column_config.NumberColumn(format="localized"),
            "New targets": st.column_config.NumberColumn(format="percent"),
        },
    )
    st.caption(SPLITS[tables.card.split])


def _part(part: PartFigures) -> dict[str, object]:
    row: dict[str, object] = {"Part": part.name, "Sessions": part.sessions, "Events": part.events}
    return row if part.new_targets is None else row | {"New targets": part.new_targets}


def _heading(title: str, how_to_read: str) -> None:
    st.subheader(title, anchor=False, help=how_to_read)
