"""What a visitor has chosen: the address bar is the truth, so that a copied link shows the same view.

Streamlit clears the query string when a visitor changes pages; a copy in the session brings the choice back.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from streamrec_core import config

DATA, MODEL, SESSION, ITEM = "data", "model", "session", "item"
HISTORY, PIN, MODE = "history", "pin", "mode"
TAB, HEAD, EVENT, ROW, KEEP, HEADS, JOIN, SCALE = "look", "head", "event", "row", "keep", "heads", "join", "scale"
QUANTITY = "quantity"
VIEW_NAMES = (TAB, HEAD, EVENT, ROW, KEEP, HEADS, JOIN, SCALE, QUANTITY)
"""How heads are looked at on Explore."""
NAMES = (DATA, MODEL, SESSION, ITEM, HISTORY, PIN, MODE, *VIEW_NAMES)
EDITS = "edits"
RIVAL, CLAUSE = "rival", "clause"
READER, LANGUAGE = "reader", "language"
"""Of the proof on Explore: the item held against the explained one, the open sentence; for whom, in what language."""
OF_A_TITLE = (RIVAL, CLAUSE)
OF_A_SESSION = (ITEM, EVENT, ROW, EDITS, *OF_A_TITLE)
"""What makes no sense for another session than the one it was chosen for."""
EXPERT = "expert"
MODELS, AGAINST, METRIC, ONE, OTHER, AT = "models", "against", "metric", "one", "other", "at"
SLICES, VIEW, LISTED, LEAF = "slices", "view", "listed", "leaf"
"""Of Compare: who stands side by side, measured against whom, by what; the two whose errors are listed, and where in
the list."""
SAMPLE, LIES = "sample", "lies"
"""Of Heads: how many test sessions are looked at, and how attention is divided up."""
PACK, QUESTION, DEMO = "pack", "question", "demo"
"""Of Report: the pack that is read, the question that is open; and whether only what is for regulators is shown."""
STUDY, CODE = "study", "code"
"""The study an organiser looks at, and the code that a rater comes with."""
SHOW = "show"
"""Which part of the Dataset page is shown."""
CATEGORY, LEAST, MOST, WORDS, HOLDS = "category", "least", "most", "words", "holds"
MARK, PART, ORDER, SHEET = "mark", "part", "order", "sheet"
RUN, BESIDE = "run", "beside"
RUNS = (RUN, BESIDE)
"""Of Training: the run that is looked at, and those whose curves are drawn beside it."""
SECTION, OFF, CAUSE, MISSED, LENGTH, SUSPECT = "section", "off", "cause", "missed", "length", "suspect"
MISS = "miss"
DEBUGGING = (SECTION, SESSION, EDITS, OFF, CAUSE, MISSED, LENGTH, MISS, SUSPECT)
"""Of Debug: the part of it, what is switched off, which misses are listed and which is open, which item is suspected.
"""
BROWSING = (CATEGORY, LEAST, MOST, WORDS, HOLDS, MARK, PART, ORDER, SHEET)
"""What narrows, sorts and pages the sessions of one data set."""


def wanted(name: str) -> str | None:
    """What the address bar asks for or, failing that, what was chosen before on this visit."""
    asked = st.query_params.get(name)
    return asked if asked is not None else st.session_state.get(_kept(name))


def choose(name: str, value: str) -> None:
    """Keep a choice in the session and in the address bar."""
    keep({name: value})


def keep(values: Mapping[str, str | None]) -> None:
    """Keep several choices at once, None for those that no longer hold; the address bar changes once."""
    for name, value in values.items():
        if value is None:
            st.session_state.pop(_kept(name), None)
        else:
            st.session_state[_kept(name)] = value
    now = st.query_params.to_dict()
    then = {name: value for name, value in (now | dict(values)).items() if value is not None}
    if then != now:
        st.query_params.from_dict(then)


def forget(*names: str) -> None:
    """Drop choices that no longer hold, such as the session of another data set."""
    keep(dict.fromkeys(names))


def arrive() -> None:
    """Follow a link to another session: what was chosen for the one before does not hold for it."""
    for name, other in ((SESSION, HISTORY), (HISTORY, SESSION)):
        asked = st.query_params.get(name)
        if asked is not None and asked != st.session_state.get(_kept(name)):
            gone = [old for old in (*OF_A_SESSION, other) if old not in st.query_params]
            for old in gone:
                st.session_state.pop(_kept(old), None)


def expert() -> bool:
    """Whether the visitor wants every part; a product manager does not need them all."""
    return wanted(MODE) == EXPERT


def demonstration() -> bool:
    """Whether only what is for regulators is shown: by a link, or by a setting for all visitors."""
    return config.demonstration() or wanted(DEMO) == "1"


def _kept(name: str) -> str:
    return f"kept_{name}"
