"""Overview: what this is, what is loaded, how good the model is, and three ways in."""

from __future__ import annotations

import streamlit as st

from pages.overview import cached
from pages.overview.key_figures import data_facts, model_facts
from pages.overview.model_quality import quality
from pages.overview.named_terms import main_parameters
from pages.overview.starting_points import doors
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.workbench import current
from streamrec_core.explain.parameters import main_parameters as named_terms

bench = current()

st.title("Look inside a recommendation", anchor=False)
st.markdown(
    "StreamRec opens up a recommender that reads a visitor's session and names ten items for what comes next: "
    "see the session, the ten, what the model looked at, and an explanation in plain words that says what was checked."
)
st.space("xsmall")
ways_in = st.container()
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
st.header("How good it is" if bench.model is not None else "How good simple rules are", anchor=False)
how_good = st.container()
main = st.container()
st.header("How far to trust it", anchor=False)
st.markdown(
    "The sentence that answers first on Explore is checked: it says what holds when events are really taken away, or "
    "that nothing does. What the heads name stands beside them as their **first look, not checked**, and what the "
    "check refuted is struck through there. How often a picture of attention misleads is measured on Trust; why a "
    "recommendation went wrong is looked into on Debug; whether explanations help people is asked in a Study."
)
with st.container(horizontal=True, gap="medium", key="trusting"):
    for page, label in (("trust/page.py", "Trust"), ("debug/page.py", "Debug"), ("study/page.py", "Study")):
        st.page_link(page, label=label, icon=":material/arrow_forward:", icon_position="right", width="content")

# What takes time comes last, so that everything else can be read meanwhile.
if bench.model is not None:
    with ways_in:
        doors(ui_cached.doors(bench.weights, bench.events_hash, bench.model, bench.dataset), bench)
with how_good:
    quality(cached.comparison(bench.weights, bench.events_hash, bench.model, bench.dataset), bench)
if bench.model is not None and bench.card is not None and bench.model.predicts_from == "readout":
    with main:
        st.header("What it goes by", anchor=False)
        worth = cached.mean_term_effects(bench.weights, bench.events_hash, bench.model, bench.dataset)
        main_parameters(named_terms(bench.model, bench.card.over_seeds, bench.dataset.card.wording), worth, bench)
