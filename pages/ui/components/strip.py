"""A session as a strip of its events: title, category by colour and label, and what the visitor did with each."""

from __future__ import annotations

import html

import streamlit as st

from streamrec_core.charts.labels import shorten
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.engagement import ENGAGEMENT_WORDS, FULL_VIEW, SAVE, Wording
from streamrec_core.explain.record import Explanation

TITLE_WIDTH = 60
STRONG: dict[Wording, int] = {"events": FULL_VIEW, "ratings": SAVE}
"""From here on an engagement is printed bold: watched to the end, rated 4 of 5."""


def session_strip(explanation: Explanation, dataset: DataSet) -> None:
    """Draw the history, latest event in view first, with the events that a reason names marked."""
    named = {position for reason in explanation.reasons if reason.kind != "category" for position in reason.positions}
    words = ENGAGEMENT_WORDS[dataset.card.wording]
    strong = STRONG[dataset.card.wording]
    history = explanation.history
    events = [
        _event(number, int(row), words[int(mark)], int(mark) >= strong, number in named, dataset.catalogue)
        for number, (row, mark) in enumerate(zip(history.items, history.engagements, strict=True))
    ]
    st.html(
        '<ol class="sr-strip" reversed tabindex="0" aria-label="Events of this session, latest first">'
        f"{''.join(reversed(events))}</ol>"
    )


def _event(number: int, row: int, words: str, strong: bool, named: bool, catalogue: Catalogue) -> str:
    neutral = bool(catalogue.neutral[row])
    title = catalogue.titles[row]
    category = "no category" if neutral else catalogue.category(row)
    hue = category_colour(int(catalogue.category_of[row]), neutral)
    mark = "<span>named below</span>" if named else ""
    return (
        f'<li class="{"sr-named" if named else "sr-event"}" style="--hue:{hue}">'
        f'<span class="sr-number"><span>event {number + 1}</span>{mark}</span>'
        f'<span class="sr-title" title="{html.escape(title)}">{html.escape(shorten(title, TITLE_WIDTH))}</span>'
        f'<span class="sr-category">{html.escape(shorten(category, 40))}</span>'
        f'<span class="sr-engagement{" sr-strong" if strong else ""}">{html.escape(words)}</span></li>'
    )
