"""What the page says before there is a pack: the questions that it will answer, and where to look meanwhile."""

from __future__ import annotations

import streamlit as st

QUESTIONS = (
    ("What is this, and what is it not for?", "overview.py", "Overview"),
    ("Which are the main parameters, how much does each weigh, and why?", "overview.py", "Overview"),
    ("Which data was it made from, and which was it tested on?", "overview.py", "Overview"),
    ("Is it any good, and what would people lose without profiling?", "compare.py", "Compare"),
    ("What happens inside?", "heads.py", "Heads"),
    ("How is it known that an explanation is true, and how many fail?", "trust.py", "Trust"),
    ("Why was this shown, case by case?", "explore.py", "Explore"),
    ("What can a person do to get other recommendations?", "explore.py", "Explore"),
    ("What do these figures not show?", "trust.py", "Trust"),
    ("Can anybody check this?", "", ""),
)


def promise() -> None:
    """Draw the questions in their order."""
    st.subheader("What it answers", anchor=False)
    for number, (question, page, name) in enumerate(QUESTIONS, start=1):
        with st.container(horizontal=True, vertical_alignment="center", key=f"promise-{number}"):
            st.markdown(f"{number}\\. {question}")
            if page:
                st.page_link(page, label=f":gray[{name}]", icon=":material/arrow_forward:", icon_position="right")
