"""A live example on Overview: a recommended title, the checked sentence, and the matrix behind it."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain
from pages.ui.matrix import matrix_component
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, MODEL, SESSION
from pages.ui.workbench import Workbench
from streamrec_core.explain.sentences import words
from streamrec_core.explanation_view.page import HINT, STATUS
from streamrec_core.explanation_view.payload import MatrixOptions, matrix_payload
from streamrec_core.explanation_view.widget import ExplanationView


def example(view: ExplanationView, bench: Workbench) -> None:
    """Draw the example, and the way to open it in Explore."""
    candidate, session_id = view.explanation.candidate, view.explanation.history.session_id
    with st.container(border=True, key="example"):
        left, right = st.columns([1, 2.1], gap="medium")
        with left:
            st.caption(f"A live example: test session {plain(session_id, 30)}")
            st.markdown(f"Why **{plain(candidate.title, 90)}**?")
            if view.verified is not None:
                sentence = words(view.verified, bench.dataset.catalogue).sentence
                with st.container(key="example-sentence"):
                    st.markdown(f"**{plain(sentence)}**")
                st.caption(STATUS[view.verified.status])
            page_link(
                "explore/page.py",
                label=":primary[**Open it in Explore**]",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: session_id},
            )
        with right:
            options = MatrixOptions(
                key=f"example|{bench.weights[:12]}|{session_id}", session=f"example|{session_id}", compact=True
            )
            data = matrix_payload(view.explanation, view.dataset, view.verified, view.parts, options)
            data["words"] = {**data["words"], "hint": HINT, "hint_session": HINT}
            matrix_component(key="matrix", data=data, on_view_change=lambda: None, on_edit_change=lambda: None)
