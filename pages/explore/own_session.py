"""A session that is in no data set: chosen from titles that are suggested while typing, pasted, or from a file."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.ui.controls import take_history
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.workbench import Workbench
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import CLICK
from streamrec_core.data.history import HISTORY_ID, LONGEST_TEXT, compact, parse_history
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput

MOST_SUGGESTED = 20_000
"""Titles that a browser is sent to suggest from; a larger catalogue is pasted or comes from a file."""
EVENTS = "own_events"
"""Catalogue row and engagement code of each event that was added."""


def own_session(bench: Workbench) -> bool:
    """Draw the ways to give a session; True once one was taken, so that its drawer can close."""
    tabs = st.tabs([say("Choose titles"), "Paste or drop a file"])
    with tabs[0]:
        taken = _from_titles(bench)
    with tabs[1]:
        return _from_text(bench.dataset.catalogue) or taken


def _from_titles(bench: Workbench) -> bool:
    catalogue, words = bench.dataset.catalogue, bench.dataset.catalogue.words.phrases
    rows = np.flatnonzero(~catalogue.neutral).tolist()
    if len(rows) > MOST_SUGGESTED:
        st.caption(say(f"This catalogue has {len(rows):,} titles; paste titles or ids instead."))
        return False
    events: list[list[int]] = st.session_state.setdefault(EVENTS, [])
    st.selectbox(
        say("Add a title"),
        rows,
        index=None,
        key="own_title",
        format_func=lambda row: catalogue.titles[row],
        placeholder="type a few letters",
        on_change=_add,
    )
    for number, (row, mark) in enumerate(events):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{number + 1}. **{plain(catalogue.titles[row], 60)}**", width="stretch")
            st.selectbox(
                f"What was done with event {number + 1}",
                range(len(words)),
                index=mark,
                key=f"own_mark_{number}",
                format_func=lambda code: words[code],
                on_change=_mark,
                args=(number,),
                label_visibility="collapsed",
                width=170,
            )
            st.button("✕", key=f"own_remove_{number}", on_click=_remove, args=(number,), help="Take this event out")
    if not events:
        st.caption(say("The oldest title first. Each gets an engagement beside it."))
    if st.button(say("Explain these titles"), type="primary", disabled=not events, key="own_explain"):
        items, marks = zip(*events, strict=True)
        history = Session(HISTORY_ID, np.array(items, np.int32), np.array(marks, np.int8))
        take_history(compact(history, catalogue))
        return True
    return False


def _add() -> None:
    row = st.session_state["own_title"]
    if row is not None:
        st.session_state[EVENTS].append([int(row), CLICK])
        st.session_state["own_title"] = None


def _mark(number: int) -> None:
    st.session_state[EVENTS][number][1] = int(st.session_state[f"own_mark_{number}"])


def _remove(number: int) -> None:
    del st.session_state[EVENTS][number]
    for at, (_, mark) in enumerate(st.session_state[EVENTS]):
        st.session_state[f"own_mark_{at}"] = mark


def _from_text(catalogue: Catalogue) -> bool:
    words = catalogue.words
    others = ", ".join(f"`={plain(name)}`" for name in words.engagements[1:])
    strong = words.engagements[min(words.strong, len(words) - 1)]
    examples = [catalogue.titles[row] for row in range(min(3, len(catalogue)))]
    st.markdown(
        say("Item ids or titles in the order they were seen, one a line or separated by semicolons.")
        + " Add an engagement "
        f"after one if it was not “{words.phrases[0]}”: {others}."
    )
    text = st.text_area(
        "Events",
        key="own_text",
        height=180,
        max_chars=LONGEST_TEXT,
        placeholder="\n".join([examples[0], *(f"{title}={strong}" for title in examples[1:])]),
    )
    file = st.file_uploader("Or a text file", type=["txt", "csv"], max_upload_size=1, key="own_file")
    if not st.button("Explain this session", type="primary", disabled=not (text.strip() or file)):
        return False
    try:
        history_text = file.getvalue().decode("utf-8-sig") if file else text
        history = parse_history(history_text, catalogue, source=file.name if file else "your text")
    except UnicodeDecodeError:
        st.error(say("This file is not UTF-8 text. Save it as UTF-8, one id or title a line."))
    except BadInput as error:
        st.error(plain(error_text(error)))
    else:
        take_history(compact(history, catalogue))
        return True
    return False
