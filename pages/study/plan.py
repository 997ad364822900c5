"""Setting up a study: what it compares, how many cases, and the progress while they are found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.study.results import needed_words
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import STUDY, choose
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
    """Draw the form for a new study with the data set and model that are loaded."""
    if bench.model is None:
        ui_notices.no_model(bench)
        return
    if read_only():
        st.caption("This dashboard is read-only: a study cannot be created here. Raters can still answer.")
        return
    with st.form("new-study", border=True):
        st.markdown(
            f"Cases are taken at random from the test sessions of **{plain(bench.data_name, 60)}**; "
            f"**{plain(bench.model.name, 60)}** recommends and is explained. Choose others in the sidebar."
        )
        values = _fields(arms_for(bench.model))
        begun = st.form_submit_button("Create the study", type="primary")
    arms = len(values["arms"])
    if arms >= 2:
        planning = {str(effect): raters_needed(effect, first_step(arms)) for effect in STATED_EFFECTS}
        st.caption(needed_words(planning))
    if begun:
        _create(values, bench)


def _fields(arms: Sequence[str]) -> dict[str, object]:
    name = st.text_input(
        "Name",
        value=free_name(),
        max_chars=40,
        help="Small letters, digits and hyphens; raters never see it.",
        width=320,
    )
    compared = st.pills(
        "What is compared",
        arms,
        default=arms,
        selection_mode="multi",
        format_func=lambda arm: ARMS[arm].label,
        help=" ".join(f"{arm.label}: {arm.about}" for arm in ARMS.values()),
    )
    left, middle, right = st.columns(3)
    cases = left.selectbox("Cases a rater sees", CASES, index=2, help="About half a minute each.")
    longest = middle.slider("Longest history", 3, 50, 12, help="Events that a person must read before each answer.")
    seed = right.number_input("Seed", 0, 2**31, 1, help="Decides which cases are taken and every order.")
    return {"name": name.strip(), "arms": tuple(compared), "cases": cases, "longest": longest, "seed": seed}


def _create(values: dict[str, object], bench: Workbench) -> None:
    """Find the cases, with a bar, and show the new study."""
    assert bench.model is not None
    bar = st.progress(0.0, "Looking for cases that every arm can word …")
    try:
        wanted = StudyPlan.parse(values, origin="this study")
        card = create_study(
            wanted,
            bench.model,
            bench.dataset,
            bench.weights,
            report=lambda found, cases: bar.progress(found / cases, f"{found} of {cases} cases found …"),
        )
    except StreamRecError as error:
        bar.empty()
        ui_notices.refused(str(error))
        return
    choose(STUDY, card.name)
    st.rerun()
