"""Walkthrough of a report: one question at a time, in the order in which a regulator asks them."""

from __future__ import annotations

import streamlit as st

from pages.report.cases import cases
from pages.report.text import draw_section, evidence, formatted, points
from pages.report.url import QUESTION
from pages.ui.escape import plain
from pages.ui.scroll import scroll_to_top
from pages.ui.url_state import set_url
from pages.ui.url_widgets import choose_one
from pages.ui.workbench import Workbench
from streamrec_core.report.document import Document

START = "start"
FIRST = "Summary, and where each question is answered"


def walkthrough(document: Document, bench: Workbench) -> None:
    """Draw the open question, its answer, its evidence, and the buttons to the next and previous one."""
    keys = (START, *(section.key for section in document.sections))
    titles = {START: FIRST} | {section.key: section.question for section in document.sections}
    key = choose_one(
        st.selectbox,
        "Question",
        keys,
        QUESTION,
        START,
        format_func=lambda option: f"{keys.index(option)}. {titles[option]}" if option != START else FIRST,
    )
    scroll_to_top(key)
    with st.container(key="walk"):
        if key == START:
            _start(document)
        else:
            section = document.section(key)
            st.caption(f"Question {keys.index(key)} of {len(keys) - 1}")
            st.header(plain(section.question), anchor=False)
            draw_section(section, document)
            if key == "cases":
                cases(document, bench)
            if key == "remaking":
                _remaking(document)
            if section.evidence:
                st.markdown("**Evidence**")
                evidence(section.evidence, bench)
    _onward(keys, titles, key)


def _start(document: Document) -> None:
    figures = document.by_id()
    with st.container(border=True):
        st.subheader("Summary", anchor=False)
        points(document.summary, figures)
    st.subheader("Where each question is answered", anchor=False)
    st.caption(
        "In the order of Article 27 of the Digital Services Act (Regulation 2022/2065). The report gives evidence for "
        "the answers; it is not a legal opinion."
    )
    numbers = {section.key: number for number, section in enumerate(document.sections, start=1)}
    for position, answer in enumerate(document.answers):
        with st.container(border=True, gap="xxsmall", key=f"article-{position}"):
            st.markdown(f"**{plain(answer.question)}** :gray[{plain(answer.source)}]")
            st.markdown(formatted(answer.answer, figures))
            with st.container(horizontal=True):
                for key in answer.sections:
                    st.button(
                        f"{numbers[key]}\\. {plain(document.section(key).title, 60)}",
                        key=f"article-{position}-{key}",
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        on_click=set_url,
                        args=(QUESTION, key),
                    )


def _remaking(document: Document) -> None:
    st.code(document.command, language=None, wrap_lines=True)
    for name, value in document.hashes.model_dump().items():
        st.markdown(f"{name.replace('_', ' ').capitalize()}, SHA-256: {value}")
    st.caption(", ".join(f"{name} {number}" for name, number in document.versions.items()))


def _onward(keys: tuple[str, ...], titles: dict[str, str], key: str) -> None:
    at = keys.index(key)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="onward"):
        if at > 0:
            st.button("← Back", key="walk-back", on_click=set_url, args=(QUESTION, keys[at - 1]))
        if at + 1 < len(keys):
            st.button(
                f"Next: {plain(titles[keys[at + 1]], 70)} →",
                type="primary",
                key="walk-next",
                on_click=set_url,
                args=(QUESTION, keys[at + 1]),
            )
