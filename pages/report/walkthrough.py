"""The way through a pack: one question at a time, in the order in which a regulator asks them."""

from __future__ import annotations

import streamlit as st

from pages.report.cases import cases
from pages.report.text import evidence, points, said, told
from pages.ui.escape import plain
from pages.ui.scroll import scroll_to_top
from pages.ui.url_state import QUESTION, choose
from pages.ui.url_widgets import one_of
from pages.ui.workbench import Workbench
from streamrec_core.report.document import Document

START = "start"
FIRST = "In short, and where each question is answered"


def walk(document: Document, bench: Workbench) -> None:
    """Draw the question that is chosen, its answer, the evidence, and the way on."""
    keys = (START, *(section.key for section in document.sections))
    titles = {START: FIRST} | {one.key: one.question for one in document.sections}
    chosen = one_of(
        st.selectbox,
        "Question",
        keys,
        QUESTION,
        START,
        format_func=lambda key: f"{keys.index(key)}. {titles[key]}" if key != START else FIRST,
    )
    scroll_to_top(chosen)
    with st.container(key="walk"):
        if chosen == START:
            _start(document)
        else:
            section = document.section(chosen)
            st.caption(f"Question {keys.index(chosen)} of {len(keys) - 1}")
            st.header(plain(section.question), anchor=False)
            told(section, document)
            if chosen == "cases":
                cases(document, bench)
            if chosen == "remaking":
                _remaking(document)
            if section.evidence:
                st.markdown("**The evidence**")
                evidence(section.evidence, bench)
    _onward(keys, titles, chosen)


def _start(document: Document) -> None:
    known = document.by_id()
    with st.container(border=True):
        st.subheader("In short", anchor=False)
        points(document.summary, known)
    st.subheader("Where each question is answered", anchor=False)
    st.caption(
        "In the order of Article 27 of the Digital Services Act (Regulation 2022/2065). The pack gives evidence for "
        "the answers; it is no legal opinion."
    )
    numbers = {section.key: number for number, section in enumerate(document.sections, start=1)}
    for place, answer in enumerate(document.answers):
        with st.container(border=True, gap="xxsmall", key=f"answer-{place}"):
            st.markdown(f"**{plain(answer.question)}** :gray[{plain(answer.source)}]")
            st.markdown(said(answer.answer, known))
            with st.container(horizontal=True):
                for key in answer.sections:
                    st.button(
                        f"{numbers[key]}\\. {plain(document.section(key).title, 60)}",
                        key=f"answer-{place}-{key}",
                        type="tertiary",
                        icon=":material/arrow_forward:",
                        on_click=choose,
                        args=(QUESTION, key),
                    )


def _remaking(document: Document) -> None:
    st.code(document.command, language=None, wrap_lines=True)
    for name, value in document.hashes.model_dump().items():
        st.markdown(f"{name.replace('_', ' ').capitalize()}, SHA-256: {value}")
    st.caption(", ".join(f"{name} {number}" for name, number in document.versions.items()))


def _onward(keys: tuple[str, ...], titles: dict[str, str], chosen: str) -> None:
    at = keys.index(chosen)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="onward"):
        if at > 0:
            st.button("← Back", key="walk-back", on_click=choose, args=(QUESTION, keys[at - 1]))
        if at + 1 < len(keys):
            st.button(
                f"Next: {plain(titles[keys[at + 1]], 70)} →",
                type="primary",
                key="walk-next",
                on_click=choose,
                args=(QUESTION, keys[at + 1]),
            )
