"""Components in plain JavaScript: their files read, joined and registered with Streamlit, no build step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent


def source(names: Sequence[str]) -> str:
    """The files as one module, whole-line comments left out: what stands here is sent to every visitor."""
    lines = (line for name in names for line in (FOLDER / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if not line.lstrip().startswith("//")) + "\n"


def register(name: str, html: str, scripts: Sequence[str], style: str) -> ComponentRenderer:
    """A component whose elements stand in the page itself, so that readers and tests see them like any other."""
    return st.components.v2.component(
        f"streamrec_{name}", html=html, css=source([style]), js=source(scripts), isolate_styles=False
    )
