"""Trust: for how many recommendations the explanation fails its tests, and how that was measured."""

from __future__ import annotations

import streamlit as st

from pages.trust import cached, notices
from pages.trust import faithfulness_report as parts
from pages.trust.measure import measure_button, watched
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.nouns import say
from pages.ui.tab_title import tab_title
from pages.ui.url_state import expert
from pages.ui.workbench import Workbench, current_workbench, model_folders
from streamrec_core.attribution.faithfulness.record import FaithfulnessReport
from streamrec_core.explain.measuring import is_being_measured
from streamrec_core.explain.shares import CountedShares

HELP = {
    "noise": "A useful check rejects noise: random reasons, a title that was not recommended, weights in random order, "
    "an untrained network.",
    "first": "The event that the chart puts first, compared with removing every event by itself.",
    "failures": "Every explainer names the most important event of the same recommendations. Removing events one by "
    "one shows which it is.",
    "curves": "Events are removed in the order of an explainer. With a good order the title falls early.",
    "swaps": "Attention can be replaced while the model runs. Where the recommendation stays the same, attention does "
    "not explain it.",
    "all": "Every figure behind this page; the column headers say what each measures.",
}


def draw(report: FaithfulnessReport, counted: CountedShares | None, bench: Workbench) -> None:
    """Draw the answers first, then the measurements behind them."""
    measuring = is_being_measured(bench.data_name, bench.model_name or "")
    picture, words = st.columns(2, gap="medium")
    with picture:
        parts.removal_fit(counted, measuring)
    with words:
        parts.confirmed_reasons(counted, measuring)
    st.header("The same checks on noise", anchor=False, help=say(HELP["noise"]))
    parts.noise(counted, measuring)
    st.header("The most important event", anchor=False, help=HELP["first"])
    parts.verdict(report)
    st.header("All explainers on the same test", anchor=False, help=HELP["failures"])
    parts.failures(report)
    st.header("Removing events one after another", anchor=False, help=say(HELP["curves"]))
    parts.curves(report)
    st.header("Would other attention change the recommendation?", anchor=False, help=HELP["swaps"])
    parts.attention_swaps(report)
    if expert():
        st.header("Every figure", anchor=False, help=HELP["all"])
        parts.every_measure(report)
    parts.measured_on(report)
    notices.measure_command(bench)


bench = current_workbench()
st.title("Trust", anchor=False)
tab_title("Trust", bench.model_name or "")
st.markdown(
    "Attention shows where a model looked; it need not be what the model used (Jain and Wallace 2019; Wiegreffe and "
    "Pinter 2019). Here explanations are tested by removing events."
)
if bench.model is None or bench.model_name is None:
    ui_notices.no_model(bench)
else:
    folder = model_folders()[bench.model_name]
    running = watched()
    report = cached.faithfulness(folder, bench.weights)
    if report is None:
        notices.not_measured(bench, running)
    else:
        ui_notices.bad_model(bench)
        ui_notices.other_events(bench)
        counted = ui_cached.explanation_shares(folder, bench.weights)
        if (counted is None or counted.removal_fit is None) and not running:
            measure_button(bench, "Measure what is missing")
        draw(report, counted, bench)
