"""The form that creates a study: arms, number of cases, seed, and the progress while cases are sampled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.study.results import needed_words
from pages.study.url import STUDY
from pages.ui import notices as ui_notices
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.url_state import set_url
from pages.ui.workbench import Workbench
from streamrec_core.config import read_only
from streamrec_core.errors import StreamRecError
from streamrec_core.study.arms import ARMS, arms_for
from streamrec_core.study.create import create_study
from streamrec_core.study.paired import raters_needed
from streamrec_core.study.plan import StudyPlan
from streamrec_core.study.results import STATED_EFFECTS, first_step
from streamrec_core.study.store import free_name

CASES = (6, 8, 12, 24, 36)


def plan(bench: Workbench) -> None:
    """Draw the form for a new study on the current data set and model."""
    if bench.model is None:
        ui_notices.no_model(bench)
        return
    if read_only():
        st.caption("This dashboard is read-only: studies cannot be created. Raters can still answer.")
        return
    with st.form("new-study", border=True):
        st.markdown(
            f"Cases are sampled from the test sessions of **{plain(bench.data_name, 60)}**; "
            f"**{plain(bench.model.name, 60)}** makes the recommendations. Change both in the sidebar."
        )
        values = _fields(arms_for(bench.model))
        submitted = st.form_submit_button("Create the study", type="primary")
    arms = len(values["arms"])
    if arms >= 2:
        planning = {str(effect): raters_needed(effect, first_step(arms)) for effect in STATED_EFFECTS}
        st.caption(needed_words(planning))
    if submitted:
        _create(values, bench)


def _fields(arms: Sequence[str]) -> dict[str, Any]:
    name = st.text_input(
        "Name",
        value=free_name(),
        max_chars=40,
        help="Lower-case letters, digits and hyphens; raters never see it.",
        width=320,
    )
    compared = st.pills(
        "Kinds of explanation",
        arms,
        default=arms,
        selection_mode="multi",
        format_func=lambda arm: ARMS[arm].label,
        help=" ".join(f"{arm.label}: {arm.about}" for arm in ARMS.values()),
    )
    left, middle, right = st.columns(3)
    cases = left.selectbox("Cases per rater", CASES, index=2, help="About half a minute each.")
    longest = middle.slider("Longest history", 3, 50, 12, help="The most events a rater reads before each answer.")
    seed = right.number_input("Seed", 0, 2**31, 1, help="Fixes the sampled cases and every order.")
    return {"name": name.strip(), "arms": tuple(compared), "cases": cases, "longest": longest, "seed": seed}


def _create(values: dict[str, Any], bench: Workbench) -> None:
    """Sample the cases, with a progress bar, and open the new study."""
    assert bench.model is not None
    bar = st.progress(0.0, "Sampling cases that every kind can explain …")

    def show_progress(done: int, cases: int) -> None:
        bar.progress(done / cases, f"{done} of {cases} cases …")

    try:
        study_plan = StudyPlan.parse(values, origin="this study")
        card = create_study(
            study_plan,
            bench.model,
            bench.dataset,
            bench.weights,
            report=show_progress,
        )
    except StreamRecError as error:
        bar.empty()
        ui_notices.refused(error_text(error))
        return
    set_url(STUDY, card.name)
    st.rerun()
