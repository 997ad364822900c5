"""Components in plain JavaScript: their files read, joined and registered with Streamlit, no build step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from streamrec_core.explanation_view import assets

FOLDERS = (Path(__file__).parent, assets.FOLDER)
"""Where the files of components lie: those of this page, and those of the matrix, which notebooks draw too."""


def source(names: Sequence[str]) -> str:
    """Join files by name; what stands in them is sent to every visitor, whole-line comments left out."""
    paths = (next(path for folder in FOLDERS if (path := folder / name).is_file()) for name in names)
    return assets.joined(tuple(paths))


def register(name: str, html: str, scripts: Sequence[str], style: str) -> ComponentRenderer:
    """A component whose elements stand in the page itself, so that readers and tests see them like any other."""
    return st.components.v2.component(
        f"streamrec_{name}", html=html, css=source([style]), js=source(scripts), isolate_styles=False
    )
