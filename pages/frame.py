"""The frame around every page: names the pages, draws the choice of data set and model, shows the chosen page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import controls, messages, workbench
from pages.ui.controls import Missing
from pages.ui.state import CODE
from streamrec_core.config import raters_only
from streamrec_core.errors import StreamRecError

UI = Path(__file__).parent / "ui"
# It must open where the log is too long for memory, and where a data set is damaged and to be deleted.
DATASET = st.Page("dataset.py", title="Dataset", url_path="dataset")
GROUPS = {
    "Understand": (
        st.Page("overview.py", title="Overview", default=True),
        st.Page("explore.py", title="Explore", url_path="explore"),
        st.Page("trust.py", title="Trust", url_path="trust"),
        st.Page("debug.py", title="Debug", url_path="debug"),
    ),
    "Build": (
        DATASET,
        st.Page("training.py", title="Training", url_path="training"),
        st.Page("heads.py", title="Heads", url_path="heads"),
        st.Page("compare.py", title="Compare", url_path="compare"),
    ),
    "Prove": (st.Page("study.py", title="Study", url_path="study"),),
}

st.set_page_config(page_title="StreamRec", page_icon=str(UI / "icon.png"), layout="wide")
# Always called, and before anything that may end the run: pages that it does not know must not run (FACTS, section 2).
invited = CODE in st.query_params or raters_only()
page = st.navigation(
    {group: list(pages) for group, pages in GROUPS.items()}, position="hidden" if invited else "sidebar"
)
st.html(UI / "style.css")
if not invited:
    st.logo(str(UI / "logo.svg"), size="large")


def choices() -> Missing | None:
    """Draw data set and model in the sidebar; tells what a link names that is not here."""
    with st.sidebar:
        absent = controls.choose_data()
        if absent is not None:
            return absent
        if page.url_path == DATASET.url_path:
            controls.choose_level()
            return None
        dataset = workbench.open_dataset(workbench.chosen_data())
        absent = controls.choose_model(workbench.fitting_models(dataset.card))
        controls.choose_level()
        return absent


try:
    # A rater sees the task and nothing else.
    absent = None if invited and (page.url_path == "study" or raters_only()) else choices()
except StreamRecError as error:
    messages.cannot_open(str(error))
else:
    if raters_only() and page.url_path != "study":
        messages.raters_only()
    elif absent is None:
        page.run()
    else:
        messages.missing(absent)
