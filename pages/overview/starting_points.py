"""Three ways in: a card for each kind of reader that opens a session worth seeing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui.escape import plain
from pages.ui.example_sessions import LOOKED_AT, Door
from pages.ui.url_state import DATA, MODEL, SESSION
from pages.ui.workbench import Workbench


def doors(found: Sequence[Door], bench: Workbench) -> None:
    """Draw a card a door; each link carries data set, model and session."""
    for column, door in zip(st.columns(max(len(found), 1), gap="medium"), found, strict=False):
        with column, st.container(border=True, height="stretch", gap="xsmall", key=f"door-{door.reader}"):
            st.caption(door.reader)
            st.subheader(door.question, anchor=False)
            st.markdown(plain(door.found, 200))
            st.space("stretch")
            st.page_link(
                "explore/page.py",
                label=f":primary[**Open session {plain(door.session_id, 30)}**]",
                icon=":material/arrow_forward:",
                icon_position="right",
                help=f"Found by rule among the first {LOOKED_AT} test sessions: {door.rule}.",
                query_params={DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: door.session_id},
            )
