"""Texts of pages in the noun of the open data set: products where it has products, titles where it has titles."""

from __future__ import annotations

import streamlit as st

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import NOUN
from streamrec_core.data.nouns import in_noun

_KEY = "noun_of_data"


def remember_noun(catalogue: Catalogue) -> None:
    """Let this page speak of items as the data set that it opened does."""
    st.session_state[_KEY] = catalogue.words.noun


def say(text: str) -> str:
    """A text that speaks of titles, in the noun of the open data set; names of items are put in afterwards."""
    return in_noun(text, st.session_state.get(_KEY, NOUN))
