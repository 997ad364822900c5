"""The frame around every page: names the pages, draws the choice of data set and model, shows the chosen page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import controls, workbench
from pages.ui import notices as ui_notices
from pages.ui.controls import Missing
from pages.ui.error_text import error_text
from pages.ui.url_state import CODE, demonstration
from streamrec_core.config import raters_only
from streamrec_core.errors import StreamRecError

UI = Path(__file__).parent / "ui"
DEMONSTRATED = ("Overview", "Explore", "Trust", "Heads", "Compare", "Report")
"""What a regulator sees; the other pages are there, out of sight, and say so."""


def named(file: str, title: str, default: bool = False) -> st.Page:
    """A page under its own name in the address bar; out of the menu where it is not for this visitor."""
    hidden = demonstration() and title not in DEMONSTRATED
    path = None if default else title.lower()
    return st.Page(file, title=title, visibility="hidden" if hidden else "visible", url_path=path, default=default)


# It must open where the log is too long for memory, and where a data set is damaged and to be deleted.
DATASET = named("dataset/page.py", "Dataset")
GROUPS = {
    "Understand": (
        named("overview/page.py", "Overview", default=True),
        named("explore/page.py", "Explore"),
        named("trust/page.py", "Trust"),
        named("debug/page.py", "Debug"),
    ),
    "Build": (
        DATASET,
        named("training/page.py", "Training"),
        named("heads/page.py", "Heads"),
        named("compare/page.py", "Compare"),
    ),
    "Prove": (named("report/page.py", "Report"), named("study/page.py", "Study")),
}


def in_order() -> dict[str, tuple[st.Page, ...]]:
    """Pages by group; for a regulator the report comes first, and everything else is its evidence."""
    if not demonstration():
        return GROUPS
    every = [page for pages in GROUPS.values() for page in pages]
    return {
        "Prove": tuple(page for page in every if page.title == "Report"),
        "The evidence": tuple(page for page in every if page.title != "Report"),
    }


st.set_page_config(page_title="StreamRec", page_icon=str(UI / "icon.png"), layout="wide")
# Always called, and before anything that may end the run: pages that it does not know must not run (FACTS, section 2).
invited = CODE in st.query_params or raters_only()
page = st.navigation(
    {group: list(pages) for group, pages in in_order().items()}, position="hidden" if invited else "sidebar"
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
        if demonstration():
            absent = controls.choose_model(
                workbench.fitting_models(workbench.open_dataset(workbench.chosen_data()).card)
            )
            controls.leave_demonstration()
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
    ui_notices.cannot_open(error_text(error))
else:
    if raters_only() and page.url_path != "study":
        ui_notices.raters_only()
    elif demonstration() and page.title not in DEMONSTRATED:
        ui_notices.not_demonstrated(page.title)
    elif absent is None:
        page.run()
    else:
        ui_notices.missing(absent)
