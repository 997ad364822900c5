"""Title of the browser tab: the page and what it shows, so that several open tabs can be told apart."""

from __future__ import annotations

import streamlit as st

PRODUCT = "StreamRec"
SUBJECT_WIDTH = 60


def tab_title(page: str, subject: str = "") -> None:
    """Set the title of the browser tab, as in "Explore: session 27 - StreamRec"; a later call replaces it.

    Parameters
    ----------
    page : str
        Title of the page.
    subject : str
        What is open on the page, such as a session or a run; plain text, cut where it is long.
    """
    line = " ".join(subject.split())
    shown = line if len(line) <= SUBJECT_WIDTH else f"{line[: SUBJECT_WIDTH - 1]}…"
    st.set_page_config(page_title=f"{page}: {shown} - {PRODUCT}" if shown else f"{page} - {PRODUCT}")
