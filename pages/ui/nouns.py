"""Texts of pages in the words of the open data set: products where it has products, ratings where it has ratings."""

from __future__ import annotations

import streamlit as st

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import STREAMREC_WORDS
from streamrec_core.data.nouns import in_log_words

_KEY = "words_of_data"


def remember_noun(catalogue: Catalogue) -> None:
    """Let this page speak of items as the data set that it opened does."""
    st.session_state[_KEY] = catalogue.words


def say(text: str) -> str:
    """A text that speaks of titles, in the words of the open data set; names of items are put in afterwards."""
    return in_log_words(text, st.session_state.get(_KEY, STREAMREC_WORDS))
