"""The questions that a report answers, shown before there is one, each with the page that shows it meanwhile."""

from __future__ import annotations

import streamlit as st

from pages.ui.nouns import say
from pages.ui.reach import page_link

QUESTIONS = (
    ("What is this, and what is it for?", "overview/page.py", "Overview"),
    ("Which are the main parameters, how important is each, and why?", "heads/page.py", "Heads"),
    ("Which data was it trained on, and which was it tested on?", "overview/page.py", "Overview"),
    ("How accurate is it, and what would people lose without profiling?", "compare/page.py", "Compare"),
    ("Do the lists show more than the popular titles?", "compare/page.py", "Compare"),
    ("What happens inside the model?", "heads/page.py", "Heads"),
    ("How are explanations verified, and how many fail?", "trust/page.py", "Trust"),
    ("Why was this shown, case by case?", "explore/page.py", "Explore"),
    ("What can a person do to get other recommendations?", "explore/page.py", "Explore"),
    ("What do these figures not show?", "trust/page.py", "Trust"),
    ("How can this report be checked?", "", ""),
)


def outline() -> None:
    """Draw the questions in order."""
    st.subheader("What the report answers", anchor=False)
    for number, (question, page, name) in enumerate(QUESTIONS, start=1):
        with st.container(horizontal=True, vertical_alignment="center", key=f"promise-{number}"):
            st.markdown(f"{number}\\. {say(question)}")
            if page:
                page_link(page, label=f":gray[{name}]", icon=":material/arrow_forward:", icon_position="right")
