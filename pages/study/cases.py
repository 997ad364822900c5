"""The cases of a study as the organiser sees them: frozen texts by arm, the question and its correct answer."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.study.url import STUDY
from pages.ui import notices as ui_notices
from pages.ui.data_table import data_table
from pages.ui.error_text import error_text
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
    data_table(
        pd.DataFrame([_row(case, card.arms) for case in shown]),
        hide_index=True,
        column_config={
            arm_label(arm): st.column_config.TextColumn(width="medium" if arm == "generic" else "large")
            for arm in card.arms
        }
        | {"Recommended": st.column_config.TextColumn(width="medium")},
        alt="Every case with its frozen text under each arm, the question and the correct answer.",
    )


def _row(case: StudyCase, arms: Sequence[str]) -> dict[str, object]:
    texts = {arm_label(arm): case.texts[arm].text or f"absent: {case.texts[arm].absent}" for arm in arms}
    return {
        "Session": case.session_id,
        "Recommended": case.title,
        **texts,
        "Asked about": " or ".join(case.events[position].title for position in case.event_pair),
        "Correct answer": case.events[case.event_pair[PREDICTIONS.index(case.truth)]].title,
        "Probability without each": " or ".join(f"{probability:.2%}" for probability in case.probabilities),
    }


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
