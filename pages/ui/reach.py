"""Pages that a visitor can open, by role and mode, and links that lead to no other."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import sign_in
from pages.ui.url_state import demonstration
from streamrec_core.config import raters_only
from streamrec_core.permissions import Role

FOR_REGULATORS = ("overview", "explore", "trust", "heads", "compare", "report")
"""Folders of the pages of a demonstration and of the role viewer; the others are hidden and do not run by address."""


def lacks(folder: str) -> bool:
    """Whether the visitor's role lacks a page."""
    visitor = sign_in.person()
    return visitor is not None and visitor.role < Role.ANALYST and folder not in FOR_REGULATORS


def is_open(folder: str) -> bool:
    """Whether the page in this folder opens for the visitor.

    To strangers, and where the server is for raters, none does: a rater's task is reached by its link alone.
    """
    visitor = sign_in.person()
    if raters_only() or (visitor is not None and visitor.role is Role.RATER):
        return False
    return not (lacks(folder) or (demonstration() and folder not in FOR_REGULATORS))


def page_link(file: str, **options: Any) -> None:
    """Draw a link to a page, and nothing where it would not open.

    Parameters
    ----------
    file : str
        As `debug/page.py`.
    **options : Any
        Of `st.page_link`.
    """
    if is_open(file.partition("/")[0]):
        st.page_link(file, **options)
