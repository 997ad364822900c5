"""Say in two or three words what an attention head looked at in one session: "the last title", "Animation titles"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from streamrec_core.attention.measures import HeadReading, HeadType, same_category
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.data.nouns import in_noun, plural
from streamrec_core.data.shown_text import shown_text

MOST_OF_IT = 0.5
"""Share of a head's attention from which one event is what it looked at."""


def head_phrase(reading: HeadReading, history: Session, catalogue: Catalogue) -> str:
    """Put what a head looked at from the predicting position into words, by its type.

    Parameters
    ----------
    reading : HeadReading
        Type, and the events with most weight.
    history : Session
        L events; the events that the reading's positions count.
    catalogue : Catalogue

    Returns
    -------
    str
        Such as "the last title", "recent titles", "Animation titles", "all titles".
    """
    return PHRASES[reading.type](reading, history, catalogue)


def _focused(reading: HeadReading, history: Session, catalogue: Catalogue) -> str:
    first, weight = reading.top_positions[0], reading.top_weights[0]
    if weight < MOST_OF_IT:
        return in_noun("a few titles", catalogue.words.noun)
    if first == len(history) - 1:
        return in_noun("the last title", catalogue.words.noun)
    number = history.number(first)
    return in_noun("the first title", catalogue.words.noun) if number == 1 else f"event {number}"


def _category(reading: HeadReading, history: Session, catalogue: Catalogue) -> str:
    content: npt.NDArray[np.intp] = np.flatnonzero(same_category(history.items, catalogue))
    return f"{shown_text(catalogue.category(int(history.items[content[-1]])))} {plural(catalogue.words.noun)}"


PHRASES: dict[HeadType, Callable[[HeadReading, Session, Catalogue], str]] = {
    "focused": _focused,
    "recency": lambda reading, history, catalogue: in_noun("recent titles", catalogue.words.noun),
    "category": _category,
    "distributed": lambda reading, history, catalogue: in_noun("all titles", catalogue.words.noun),
}
