"""Frame around every page: names the pages, draws the choice of data set and model, and runs the open page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import streamlit as st

from pages.ui import controls, sign_in, workbench
from pages.ui import notices as ui_notices
from pages.ui.ahead import ahead
from pages.ui.controls import UnknownName
from pages.ui.error_text import error_text
from pages.ui.reach import is_open, lacks
from pages.ui.tab_title import tab_title
from pages.ui.url_state import CODE, demonstration
from streamrec_core.config import raters_only
from streamrec_core.errors import StreamRecError
from streamrec_core.permissions import Person, Role, identify_by

UI = Path(__file__).parent / "ui"
identify_by(sign_in.person)
visitor = sign_in.person()
invited = CODE in st.query_params or raters_only()


def is_stranger(visitor: Person | None) -> bool:
    """Whether somebody has to sign in first, or has no role."""
    return visitor is not None and visitor.role is Role.RATER


def declare(file: str, title: str, default: bool = False) -> st.Page:
    """A page with its folder as its address; hidden from the menu where a demonstration or a role leaves it out."""
    folder = Path(file).parent.name
    visible = invited or is_open(folder)
    path = None if default else folder
    return st.Page(file, title=title, visibility="visible" if visible else "hidden", url_path=path, default=default)


DATASET = declare("dataset/page.py", "Data set")
GROUPS = {
    "Understand": (
        declare("overview/page.py", "Overview", default=True),
        declare("explore/page.py", "Explore"),
        declare("trust/page.py", "Trust"),
        declare("debug/page.py", "Debug"),
    ),
    "Build": (
        DATASET,
        declare("training/page.py", "Training"),
        declare("heads/page.py", "Heads"),
        declare("compare/page.py", "Compare"),
    ),
    "Prove": (declare("report/page.py", "Report"), declare("study/page.py", "Study")),
}


def page_groups() -> dict[str, list[st.Page]]:
    """Pages by group; in a demonstration the report comes first, and everything else is its evidence."""
    if not demonstration():
        return {group: list(pages) for group, pages in GROUPS.items()}
    every = [page for pages in GROUPS.values() for page in pages]
    return {
        "Prove": [page for page in every if page.title == "Report"],
        "Evidence": [page for page in every if page.title != "Report"],
    }


st.set_page_config(page_title="StreamRec", page_icon=str(UI / "icon.png"), layout="wide")
# Called on every run, before anything that may end it: Streamlit runs a page that navigation has not heard of as it is.
page = st.navigation(page_groups(), position="hidden" if invited or is_stranger(visitor) else "sidebar")
# A rater comes with a code, sees the task and nothing else, and does not sign in.
rates = invited and (page.url_path == "study" or raters_only())
tab_title(page.title)  # pages that show one thing of many add its name
st.html(UI / "style.css")
if not invited:
    st.logo(str(UI / "logo.svg"), size="large")


def unknown_page() -> str:
    """The page that the address names where there is none of that name; then Streamlit opens the default one."""
    base = st.get_option("server.baseUrlPath").strip("/")
    name = unquote(urlsplit(st.context.url or "").path).strip("/").removeprefix(base).strip("/")
    paths = {each.url_path for pages in GROUPS.values() for each in pages}
    return "" if name in paths or page.url_path else name


def choices() -> UnknownName | None:
    """Draw the choice of data set and model; gives the name in the URL that is not available."""
    unknown = controls.choose_data()
    if unknown is not None:
        return unknown
    # Data set must open where the log is too long for memory, or a damaged data set is to be deleted.
    if demonstration() or page.url_path != DATASET.url_path:
        dataset = workbench.open_dataset(workbench.chosen_data())
        unknown = controls.choose_model(workbench.fitting_models(dataset.card, workbench.chosen_data()))
    if demonstration():
        controls.leave_demonstration()
    else:
        controls.choose_level()
    return unknown


def sidebar() -> UnknownName | None:
    """The choices, and below them who is signed in, also where the data set cannot be opened."""
    with st.sidebar:
        try:
            return choices()
        finally:
            sign_in.account(visitor)


try:
    unknown = None if rates or is_stranger(visitor) else sidebar()
except StreamRecError as error:
    ui_notices.cannot_open(error_text(error))
except OSError as error:
    ui_notices.unusable_file(error)
else:
    if visitor is not None and is_stranger(visitor) and not rates:
        sign_in.draw(visitor)
    elif lacks(page.title.lower()) and not rates:
        ui_notices.no_page(page.title)
    elif raters_only() and page.url_path != "study":
        ui_notices.raters_only()
    elif demonstration() and not is_open(page.title.lower()):
        ui_notices.not_demonstrated(page.title)
    elif unknown is None:
        if address := unknown_page():
            ui_notices.unknown_page(address)
        with ahead.held_back(), ui_notices.named_faults():
            page.run()
    else:
        ui_notices.unknown_name(unknown)
