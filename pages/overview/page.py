"""Overview: three sessions to start from, what is loaded, how accurate it is, and what drives its recommendations."""

from __future__ import annotations

import streamlit as st

from pages.overview import cached
from pages.overview.key_figures import data_facts, model_facts
from pages.overview.model_quality import quality
from pages.overview.named_terms import main_parameters
from pages.overview.starting_points import starting_points
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.workbench import current_workbench
from streamrec_core.explain.parameters import main_parameters as named_terms

bench = current_workbench()

st.title("Look inside a recommendation", anchor=False)
st.markdown(
    "StreamRec opens up a recommender that reads a visitor's session and recommends ten items for what comes next: "
    "see the session, the top ten, what the model attended to, and an explanation in plain words that says what was "
    "checked."
)
st.space("xsmall")
starting_part = st.container()
st.header("What is loaded", anchor=False)
left, right = st.columns(2, gap="medium")
with left:
    data_facts(bench.dataset)
with right:
    if bench.model is None or bench.card is None:
        ui_notices.no_model(bench)
    else:
        model_facts(bench.card)
        ui_notices.other_events(bench)
st.header("Accuracy" if bench.model is not None else "Accuracy of simple rules", anchor=False)
quality_part = st.container()
terms_part = st.container()
st.header("How far to trust it", anchor=False)
st.markdown(
    "The sentence at the top of Explore is checked: it gives only reasons that were confirmed by removing events, or "
    "says that none was. Beside it is the **first look, not checked**: what the heads name, with the rejected reasons "
    "struck through. Trust measures how often attention misleads, Debug finds out why a recommendation went wrong, and "
    "a Study asks whether explanations help people."
)
with st.container(horizontal=True, gap="medium", key="trusting"):
    for page, label in (("trust/page.py", "Trust"), ("debug/page.py", "Debug"), ("study/page.py", "Study")):
        st.page_link(page, label=label, icon=":material/arrow_forward:", icon_position="right", width="content")

# What takes time comes last, so that everything else can be read meanwhile.
if bench.model is not None:
    with starting_part:
        starting_points(ui_cached.example_sessions(bench), bench)
with quality_part:
    quality(cached.comparison(bench), bench)
if bench.model is not None and bench.card is not None and bench.model.predicts_from == "readout":
    with terms_part:
        st.header("What drives recommendations", anchor=False)
        parameters = named_terms(bench.model, bench.card.over_seeds, bench.dataset.card.wording)
        main_parameters(parameters, cached.mean_term_effects(bench), bench)
