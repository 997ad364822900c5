"""Trust: for how many recommendations the picture tells the truth, and how that is known."""

from __future__ import annotations

import streamlit as st

from pages.trust import cached, notices
from pages.trust import faithfulness_report as parts
from pages.ui import notices as ui_notices
from pages.ui.url_state import expert
from pages.ui.workbench import Workbench, current, model_folders
from streamrec_core.attribution.faithfulness.record import FaithfulnessReport
from streamrec_core.explain.shares import CountedShares

HELP = {
    "noise": "A check is worth something where noise fails it: reasons drawn at random, a title that was not "
    "recommended, weights in random order, a network that learned nothing.",
    "first": "Which event the picture puts first, held to what removing every event by itself does.",
    "failures": "Every explainer is asked which event mattered most for the same recommendations. Removing events one "
    "by one says which really did.",
    "curves": "Events are taken away in the order that an explainer gives them. A good order takes a title down soon.",
    "doubts": "Attention can be replaced while the model runs. If the recommendation does not care, attention was not "
    "what it was made of.",
    "all": "Every figure behind this page, with what it measures in the head of each column.",
}


def draw(report: FaithfulnessReport, counted: CountedShares | None, bench: Workbench) -> None:
    """The answers first, then what they rest on."""
    picture, words = st.columns(2, gap="medium")
    with picture:
        parts.foresees(counted)
    with words:
        parts.words_hold(counted)
    st.header("The same checks on noise", anchor=False, help=HELP["noise"])
    parts.noise(counted)
    st.header("The most important event", anchor=False, help=HELP["first"])
    parts.verdict(report)
    st.header("Held to the same test", anchor=False, help=HELP["failures"])
    parts.failures(report)
    st.header("Events taken away one after another", anchor=False, help=HELP["curves"])
    parts.curves(report)
    st.header("Could the attention have been another?", anchor=False, help=HELP["doubts"])
    parts.doubts(report)
    if expert():
        st.header("Every figure", anchor=False, help=HELP["all"])
        parts.every_measure(report)
    parts.measured_on(report)
    notices.measure_command(bench)


bench = current()
st.title("Trust", anchor=False)
st.markdown(
    "Attention shows where a model looked; it need not be what the model used (Jain and Wallace 2019; Wiegreffe and "
    "Pinter 2019). Here explanations are held to what happens when events are really taken away."
)
if bench.model is None or bench.model_name is None:
    ui_notices.no_model(bench)
else:
    folder = model_folders()[bench.model_name]
    report = cached.faithfulness(folder, bench.weights)
    if report is None:
        notices.not_measured(bench)
    else:
        ui_notices.other_events(bench)
        draw(report, cached.explanation_shares(folder, bench.weights), bench)
