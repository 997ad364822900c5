"""The cases of a study as the organiser sees them: frozen texts by arm, the question and its correct answer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.study.url import STUDY
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import clear_url
from streamrec_core.errors import StreamRecError
from streamrec_core.permissions import may
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.questions import PREDICTIONS
from streamrec_core.study.store import StudyCard, delete_study
from streamrec_core.study.words import arm_label


def cases(card: StudyCard, shown: Sequence[StudyCase]) -> None:
    """Draw how the cases were sampled, and each with its texts; an absent text says why."""
    worded = ", ".join(f"{count} by {arm_label(arm)}" for arm, count in card.worded.items())
    st.caption(
        f"Sampled (seed {card.seed}) from {card.looked_at} test sessions of at most {card.longest} events. Could be "
        f"explained: {worded}. Each question is about two events that no explanation of the case mentions; in half of "
        "them the earlier one is the correct answer."
    )
    for number, case in enumerate(shown, start=1):
        label = f"{number}. {plain(case.title, 80)} · session {plain(case.session_id, 40)}"
        with st.expander(label, expanded=number == 1):
            _texts(case, card.arms)
            st.caption(_question(case))


def _texts(case: StudyCase, arms: Sequence[str]) -> None:
    """Draw the text of each arm, whole; an absent one says why."""
    for arm in arms:
        frozen = case.texts[arm]
        text = plain(frozen.text) if frozen.text else f":gray[Absent: {plain(frozen.absent)}]"
        st.markdown(f"**{arm_label(arm)}**  \n{text}")


def _question(case: StudyCase) -> str:
    """The two events that are asked about, the probability of the title without each, and the correct answer."""
    first, second = (
        f"“{plain(case.events[position].title, 80)}” ({probability:.2%})"
        for position, probability in zip(case.event_pair, case.probabilities, strict=True)
    )
    answer = plain(case.events[case.event_pair[PREDICTIONS.index(case.truth)]].title, 80)
    return (
        f"Asked about: {first} or {second}; in brackets, the probability of the recommendation without it. "
        f"Correct answer: **{answer}**."
    )


def delete(name: str) -> None:
    """Draw the deletion of a study, two clicks away."""
    if not may("deleting a study"):
        return
    with st.popover("Delete this study"):
        st.markdown("All its answers will be deleted for good. Export them first if anyone may need them.")
        st.button("Delete study and answers", on_click=_delete, args=(name,))


def _delete(name: str) -> None:
    try:
        delete_study(name)
    except StreamRecError as error:
        ui_notices.refused(error_text(error))
    else:
        clear_url(STUDY)
