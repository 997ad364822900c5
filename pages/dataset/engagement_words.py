"""Engagement words of a log that is imported: kept as the log has them, or counted as StreamRec's five types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.dataset import notices
from pages.dataset.controls import LABELS
from pages.dataset.log_source import LogSource
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from streamrec_core.data.engagement import ENGAGEMENTS, STREAMREC_WORDS, LogWords
from streamrec_core.data.importers.preview import PreviewSettings
from streamrec_core.data.usual_words import guess_noun, mapped_type, noun_columns, read_ordered_words, words_of_log
from streamrec_core.errors import BadInput

FROM_LOG, MAPPED = "As the log has it", "As StreamRec's five types"
ORDER_HELP = "From the weakest to the strongest, as in: view=looked at, ask, buy=bought."
NOUN_HELP = "What an item is called in sentences: title, product, track, article."


def words_and_noun(source: LogSource, read_as: PreviewSettings, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Draw how engagements are counted and said, with how often each occurs, and what an item is called.

    Parameters
    ----------
    source : LogSource
    read_as : PreviewSettings
        How its files are read.
    mapping : mapping of str to str
        The column of each role.

    Returns
    -------
    dict
        Settings of the import.
    """
    counts = _counts(source, read_as, mapping["engagement_column"])
    settings, phrases = _words(counts) if counts else ({}, ())
    guess = guess_noun(noun_columns(mapping), phrases)
    noun = st.text_input(
        LABELS["noun"], guess, max_chars=40, key=f"log_noun-{source.name}-{guess}", help=NOUN_HELP, width=200
    )
    # The guess itself is left to the import, which makes the same one.
    return settings | {"noun": "" if noun.strip() == guess else noun.strip()}


def _counts(source: LogSource, read_as: PreviewSettings, column: str) -> Mapping[str, int]:
    """How often each word occurs in the beginning of the log; empty where nothing can be chosen."""
    if not column:
        return {}
    try:
        counts = source.preview(read_as.counting(column)).words
    except BadInput as error:
        notices.cannot_add(error_text(error, LABELS))
        return {}
    return {} if all(STREAMREC_WORDS.find(word) >= 0 for word in counts) else counts


def _words(counts: Mapping[str, int]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings for the words of a log, and how they are said."""
    try:
        words_of_log(counts)
    except BadInput as error:
        notices.cannot_add(error_text(error, LABELS))
        return {}, ()
    choice = st.segmented_control(
        "Engagement words", [FROM_LOG, MAPPED], default=FROM_LOG, key="log_words", required=True
    )
    if choice == MAPPED:
        return {"engagement_map": _map(counts)}, STREAMREC_WORDS.phrases
    order = st.text_input(LABELS["engagement_words"], key="log_word_order", placeholder="auto", help=ORDER_HELP)
    ordered = read_ordered_words([order])
    words = words_of_log(counts, ordered)
    st.caption(_in_words(words, counts))
    return {"engagement_words": ordered}, words.phrases


def _in_words(words: LogWords, counts: Mapping[str, int]) -> str:
    shown = ", ".join(
        f"{plain(word, 40)} “{plain(phrase, 60)}” ({counts.get(word, 0):,})"
        for word, phrase in zip(words.engagements, words.phrases, strict=True)
    )
    return f"In the first rows, weakest first: {shown}."


def _map(counts: Mapping[str, int]) -> dict[str, str]:
    """Draw a row of choices, word = type, preset to the usual type of each word."""
    mapped = {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for word, count in counts.items():
            mapped[word] = st.selectbox(
                f"{plain(word, 40)} ({count:,})",
                ENGAGEMENTS,
                index=ENGAGEMENTS.index(mapped_type(word)),
                format_func=lambda name: STREAMREC_WORDS.phrases[STREAMREC_WORDS.code(name)],
                key=f"log_map-{word}",
                width=180,
            )
    return mapped
