"""Starting points: a card for each kind of reader that opens an example session."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui.escape import plain
from pages.ui.example_sessions import SEARCHED, ExampleSession
from pages.ui.url_state import DATA, MODEL, SESSION
from pages.ui.workbench import Workbench


def starting_points(examples: Sequence[ExampleSession], bench: Workbench) -> None:
    """Draw a card for each example; its link carries data set, model and session."""
    for column, example in zip(st.columns(max(len(examples), 1), gap="medium"), examples, strict=False):
        with column, st.container(border=True, height="stretch", gap="xsmall", key=f"door-{example.reader}"):
            st.caption(example.reader)
            st.subheader(example.question, anchor=False)
            st.markdown(plain(example.summary, 200))
            st.space("stretch")
            st.page_link(
                "explore/page.py",
                label=f":primary[**Open session {plain(example.session_id, 30)}**]",
                icon=":material/arrow_forward:",
                icon_position="right",
                help=f"Chosen by rule among the first {SEARCHED} test sessions: {example.rule}.",
                query_params={DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: example.session_id},
            )
