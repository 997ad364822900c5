"""Overview: one live example, a box for a question, three ways in, and what the model is worth."""

from __future__ import annotations

import streamlit as st

from pages.overview import cached
from pages.overview.example import example
from pages.overview.key_figures import data_facts, model_facts
from pages.overview.question import question_box
from pages.overview.summary import summary
from pages.ui import notices as ui_notices
from pages.ui.reach import is_open, page_link
from pages.ui.url_state import DATA, MODEL
from pages.ui.workbench import Workbench, current_workbench

DOORS = (
    ("explore/page.py", "Explain a recommendation", "Why was this shown? One session, all heads, the checked reason."),
    ("debug/page.py", "Find out what went wrong", "Misses by cause, attention sinks, what-if, heads switched off."),
    ("report/page.py", "Get the evidence pack", "Main parameters, quality, checks and limits for a regulator."),
)
"""Page, label, and what it is for."""


def doors(bench: Workbench) -> None:
    """Draw the ways in that are open to the visitor."""
    doors = [door for door in DOORS if is_open(door[0].partition("/")[0])]
    query = {DATA: bench.data_name, MODEL: bench.model_name or ""}
    for column, (page, label, purpose) in zip(st.columns(len(doors), gap="small"), doors, strict=True):
        with column, st.container(border=True, height="stretch", gap="xsmall", key=f"door-{page.split('/')[0]}"):
            page_link(
                page,
                label=f":primary[**{label}**]",
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params=query,
            )
            st.caption(purpose)


bench = current_workbench()
st.title("Why was this recommended?", anchor=False)
if bench.model is None or bench.card is None:
    ui_notices.no_model(bench)
    data_facts(bench.dataset)
else:
    question_box(bench)
    ui_notices.bad_model(bench)
    view = cached.checked_example(bench)
    if view is not None:
        example(view, bench)
    doors(bench)
    summary(bench)
    ui_notices.other_events(bench)
    left, right = st.columns(2, gap="small")
    with left:
        data_facts(bench.dataset)
    with right:
        model_facts(bench.card)
