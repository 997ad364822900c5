"""The question box of Overview: a title, a session, or a file with a session, each opened in Explore."""

from __future__ import annotations

import streamlit as st

from pages.ui.controls import take_history, take_session
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.workbench import Workbench
from streamrec_core.data.history import compact, parse_history
from streamrec_core.errors import BadInput

EXPLORE = "explore/page.py"


def question_box(bench: Workbench) -> None:
    """Draw the box, and open what was asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="question"):
        text = st.text_input(
            say("Ask about a title or a session"),
            key="question_text",
            max_chars=200,
            placeholder=say("a word of a title, or the id of a session"),
        )
        with st.popover("Drop a file", icon=":material/upload_file:"):
            file = st.file_uploader(
                say("A session: item ids or titles, one a line"),
                type=["txt", "csv"],
                max_upload_size=1,
                key="question_file",
            )
            page_link("dataset/page.py", label="Import a whole log", icon=":material/arrow_forward:")
    if file is not None:
        _open_file(bench, file.name, file.getvalue())
    elif text.strip():
        st.session_state.pop("question_text", None)
        if bench.dataset.log.names_session(text.strip()):
            take_session(text.strip())
        else:
            st.session_state["title_query"], st.session_state["drawer"] = text.strip(), "title"
        st.switch_page(EXPLORE)


def _open_file(bench: Workbench, name: str, content: bytes) -> None:
    """Open a session that a file holds, or say what is wrong with it."""
    try:
        history = parse_history(content.decode("utf-8-sig"), bench.dataset.catalogue, source=name)
    except UnicodeDecodeError:
        st.error(say("This file is not UTF-8 text. Save it as UTF-8, one id or title a line."))
    except BadInput as error:
        st.error(plain(error_text(error)))
    else:
        take_history(compact(history, bench.dataset.catalogue))
        st.switch_page(EXPLORE)
