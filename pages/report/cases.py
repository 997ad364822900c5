"""The cases of a report: what was recommended, reasons confirmed and rejected, and what would change it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.report.text import evidence
from pages.ui.colours import BadgeColour
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.workbench import Workbench
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.report.document import CaseFile, Document, EventLine, Figure, in_words

STATUS: dict[str, tuple[str, BadgeColour]] = {
    "verified": ("checked: reasons confirmed", "green"),
    "no reason holds": ("checked: no reason confirmed", "orange"),
    "not on the list": ("not on the list", "gray"),
}


def cases(document: Document, bench: Workbench) -> None:
    """Draw each case in its own frame."""
    figures = document.by_id()
    for number, case in enumerate(document.cases, start=1):
        with st.container(border=True, key=f"case-{number}"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.subheader(f"Session {plain(case.session_id, 40)}", anchor=False, width="content")
                label, colour = STATUS[case.status]
                st.badge(label, color=colour, width="content")
            _case(case, figures)
            evidence(case.evidence, bench)


def _case(case: CaseFile, figures: dict[str, Figure]) -> None:
    st.caption(f"Selection: {plain(case.selection)}.")
    line = (
        f"Recommended first: **{plain(case.candidate, 120)}**, with a probability of "
        f"**{in_words(figures[case.probability])}**."
    )
    if case.target:
        rank = figures.get(case.target_rank)
        line += f" What came next: **{plain(case.target, 120)}**"
        line += f", which the model ranked **{in_words(rank)}**." if rank is not None else "."
    st.markdown(line)
    st.markdown(f"**Explanation for the person.** {plain(case.sentence)}")
    if case.warning:
        st.caption(f":orange[{plain(case.warning)}]")
    if case.counterfactual:
        st.markdown(f"**What would change it.** {plain(case.counterfactual)}")
    with st.expander(f"Event by event, and reasons that were not confirmed ({len(case.rejected)})"):
        data_table(
            pd.DataFrame([_line(event, figures) for event in case.events]),
            hide_index=True,
            alt=f"Events of session {case.session_id} with what removing each does.",
        )
        if any(event.gradients for event in case.events):
            st.caption(say(POINTS_EXPLAINED))
        for reason in case.rejected:
            st.markdown(f"**{plain(reason.label)}.** {plain(reason.text)}")


def _line(event: EventLine, figures: dict[str, Figure]) -> dict[str, str]:
    values = {
        "Event": f"{event.position}. {event.title}",
        "Category": event.category,
        "Engagement": event.engagement,
    }
    for title, method in (
        ("Less likely without it", "removal"),
        ("Rank without it", "rank_without"),
        ("Gradient attribution", "gradients"),
        ("Attention", "attention"),
    ):
        name = getattr(event, method)
        if name:
            values[title] = in_words(figures[name])
    return values
