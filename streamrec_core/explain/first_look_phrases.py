"""Phrases of the first look, as the product owner wrote them, and how they join into one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords
from streamrec_core.data.nouns import in_log_words

PHRASES = {
    "recency": "your recent viewing of '{title}'",
    "category": "your interest in {category} content",
    "focused": "your engagement with '{title}'",
}
CARDS = {
    "recency": "Because you recently watched {title}",
    "category": "Because you enjoy {category} content, like {titles}",
    "focused": "Because of your interest in {title}",
}
NOTHING_QUALIFIED = "Based on your viewing history."
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
OTHER_CATEGORY = "This title is {found}, not {category}."
UNIFORM_TOO = "Uniform attention over this session would have the same type."


def joined(parts: Sequence[str]) -> str:
    """Join parts as `A`, `A and B` or `A, B and C`.

    Examples
    --------
    >>> joined(["A", "B", "C"])
    'A, B and C'
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(phrases: Sequence[str], words: LogWords = STREAMREC_WORDS) -> str:
    """Write the whole sentence for up to three phrases.

    Parameters
    ----------
    phrases : sequence of str
    words : LogWords
        Of the data set.

    Returns
    -------
    str
    """
    return f"Recommended because of {joined(phrases)}." if phrases else in_log_words(NOTHING_QUALIFIED, words)


def side_by_side(layers: int, heads: int, context: int = 0) -> str:
    """Say that the heads of an additive model work side by side, and what they read events together with.

    Parameters
    ----------
    layers, heads : int
        Layers of the model, and heads in each.
    context : int
        How many of the events right before it each event is read together with.

    Returns
    -------
    str

    Examples
    --------
    >>> side_by_side(1, 4)
    'Four heads work side by side.'
    >>> side_by_side(1, 4, 1)
    'Four heads work side by side. Each reads an event together with the one right before it.'
    """
    parallel = f"{_count(layers * heads)} heads work side by side."
    if layers == 1:
        sentence = parallel.capitalize()
    else:
        sentence = f"The {_count(layers)} layers do not build on each other: {parallel}"
    if not context:
        return sentence
    return f"{sentence} Each reads an event together with the {_count(context)} right before it."


def _count(number: int) -> str:
    """Write a small number as a word."""
    return dict(enumerate(NUMBERS, start=1)).get(number, str(number))
