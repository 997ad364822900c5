"""The checked explanation: what removing events confirmed, sentence by sentence, and what was dropped and why."""

from __future__ import annotations

import streamlit as st

from pages.ui import loaders
from pages.ui.plain import plain
from pages.ui.scene import Scene
from streamrec_core.errors import BadInput
from streamrec_core.explain.sentences import Clause, cannot_be_recommended
from streamrec_core.explain.sentences import words as in_words

STATUS = {
    "verified": ("checked by removing events", "green"),
    "no reason holds": ("checked: no reason holds", "orange"),
    "untestable": ("too short to check", "gray"),
}


def checked(scene: Scene) -> None:
    """Draw what holds when events are really taken away; it takes a moment and is drawn after everything else."""
    if scene.found.candidate.rank == 0:
        st.caption(plain(cannot_be_recommended()))
        return
    try:
        found = loaders.checked(scene)
    except BadInput as error:
        st.caption(plain(str(error)))
        return
    words = in_words(found, scene.bench.dataset.catalogue)
    label, colour = STATUS[found.status]
    with st.container(border=True, gap="xsmall", key="checked"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**What holds when events are taken away**", width="content")
            st.badge(label, color=colour, help=CHECK_HELP, width="content")
        for clause in words.clauses:
            st.markdown(f"{plain(clause.text)}")
        if not words.clauses:
            st.markdown(plain(words.sentence))
        st.caption(f"Attention, gradients and removal: {plain(words.badge)}.")
        if words.warning:
            st.caption(f":orange[⚠] {plain(words.warning)}")
        if words.dropped:
            _dropped(words.dropped)


CHECK_HELP = (
    "A reason is said only where removing its events lowers the title's probability more than removing most other sets "
    "of as many events does."
)


def _dropped(clauses: tuple[Clause, ...]) -> None:
    with st.expander(f"Considered and not claimed ({len(clauses)})"):
        for clause in clauses:
            st.markdown(f"**{plain(clause.label)}**")
            st.caption(plain(clause.text))
