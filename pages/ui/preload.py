"""Name the scripts that every page needs, so that a browser asks for all of them with its first page.

By itself Streamlit's front end asks for the script of a widget when the first such widget arrives over the web socket.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import streamlit as st

SCRIPTS = Path(st.__file__).parent / "static" / "static" / "js"
PARTS = ("BidiComponent", "Button", "ButtonGroup", "Html", "Selectbox", "TextInput")
"""Widgets of the sidebar and of Overview and Explore, by the names that Streamlit gives their scripts."""
_IMPORTED = re.compile(r'\b(?:from|import)\s*"\./([\w.-]+\.js)"')


@lru_cache(maxsize=1)
def scripts() -> tuple[str, ...]:
    """Names of the scripts of these widgets and of all that they import; a part that Streamlit lacks is left out."""
    names = [path.name for part in PARTS for path in SCRIPTS.glob(f"{part}.*.js")]
    for name in names:  # grows while it is walked through
        text = (SCRIPTS / name).read_text(encoding="utf-8") if (SCRIPTS / name).is_file() else ""
        names += [other for other in dict.fromkeys(_IMPORTED.findall(text)) if other not in names]
    return tuple(names)


def with_links(page: bytes) -> bytes:
    """Add a link to each script that a page of Streamlit does not name yet."""
    missing = [name for name in scripts() if f"/{name}".encode() not in page]
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">\n' for name in missing)
    return page.replace(b"</head>", links.encode() + b"</head>", 1)
