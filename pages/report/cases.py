"""The cases of a pack: what was recommended, what held, what was dropped, and what would change it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.report.text import evidence
from pages.ui.colours import BadgeColour
from pages.ui.escape import plain
from pages.ui.workbench import Workbench
from streamrec_core.report.document import CaseFile, Document, EventLine, Figure, in_words

STATUS: dict[str, tuple[str, BadgeColour]] = {
    "verified": ("checked: reasons held", "green"),
    "no reason holds": ("checked: no reason held", "orange"),
    "not on the list": ("not on the list", "gray"),
}


def cases(document: Document, bench: Workbench) -> None:
    """Draw each case in a frame of its own."""
    known = document.by_id()
    for number, case in enumerate(document.cases, start=1):
        with st.container(border=True, key=f"case-{number}"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.subheader(f"Session {plain(case.session_id, 40)}", anchor=False, width="content")
                label, colour = STATUS[case.status]
                st.badge(label, color=colour, width="content")
            _case(case, known)
            evidence(case.evidence, bench)


def _case(case: CaseFile, known: dict[str, Figure]) -> None:
    st.caption(f"Chosen as {plain(case.chosen)}.")
    line = (
        f"Recommended first: **{plain(case.candidate, 120)}**, with a probability of "
        f"**{in_words(known[case.probability])}**."
    )
    if case.target:
        rank = known.get(case.target_rank)
        line += f" What really came next: **{plain(case.target, 120)}**"
        line += f", which the model ranked **{in_words(rank)}**." if rank is not None else "."
    st.markdown(line)
    st.markdown(f"**What the person may be told.** {plain(case.sentence)}")
    if case.warning:
        st.caption(f":orange[{plain(case.warning)}]")
    if case.counterfactual:
        st.markdown(f"**What would change it.** {plain(case.counterfactual)}")
    with st.expander(f"Event by event, and what was not claimed ({len(case.dropped)})"):
        st.dataframe(
            pd.DataFrame([_line(event, known) for event in case.events]),
            hide_index=True,
            alt=f"Events of session {case.session_id} with what removing each does.",
        )
        for one in case.dropped:
            st.markdown(f"**{plain(one.label)}.** {plain(one.text)}")


def _line(event: EventLine, known: dict[str, Figure]) -> dict[str, str]:
    values = {
        "Event": f"{event.place}. {event.title}",
        "Category": event.category,
        "Done with it": event.engagement,
    }
    for title, method in (
        ("Less likely without it", "removal"),
        ("Rank without it", "rank_without"),
        ("Gradients, nats", "gradients"),
        ("Attention", "attention"),
    ):
        name = getattr(event, method)
        if name:
            values[title] = in_words(known[name])
    return values
