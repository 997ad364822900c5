"""The icon font cut down to the icons that pages and Streamlit's front end name; any doubt brings the whole font.

Streamlit downloads a font of 4,000 icons on the first visit, a third of all bytes. `scripts/subset_icons.py` writes
the smaller one and the list of what it holds.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

import streamlit

STREAMLIT = Path(streamlit.__file__).parent
PAGES = Path(__file__).resolve().parent.parent
FONT_GLOB = "static/static/media/MaterialSymbols-Rounded.*.woff2"
SUBSET = Path(__file__).with_name("icons.woff2")
CONTENT = Path(__file__).with_name("icons.json")
"""SHA-256 of the font that the subset was cut from, and the names of its icons."""
_NAMED = re.compile(r":material/([a-z0-9_]+):")
_QUOTED = re.compile(r"""["'`]([a-z0-9_]{2,40})["'`]""")


def icons_of_pages() -> set[str]:
    """Names of all icons in the sources of the pages."""
    return {name for path in PAGES.rglob("*.py") for name in _NAMED.findall(path.read_text(encoding="utf-8"))}


def possible_icons_of_streamlit() -> set[str]:
    """Every word in Streamlit's sources that may name an icon: all quoted words of its scripts, not only the icons."""
    scripts = [path.read_text(encoding="utf-8") for path in (STREAMLIT / "static" / "static" / "js").glob("*.js")]
    modules = [path.read_text(encoding="utf-8") for path in STREAMLIT.rglob("*.py")]
    return {name for text in scripts for name in _QUOTED.findall(text)} | {
        name for text in (*scripts, *modules) for name in _NAMED.findall(text)
    }


def streamlit_font() -> Path:
    """The font that Streamlit brings."""
    (font,) = STREAMLIT.glob(FONT_GLOB)
    return font


@lru_cache(maxsize=8)
def subset_of(font: Path) -> bytes | None:
    """The small font in place of Streamlit's; None where it was cut from another one or lacks an icon of a page."""
    content = json.loads(CONTENT.read_text(encoding="utf-8"))
    same = hashlib.sha256(font.read_bytes()).hexdigest() == content["source_sha256"]
    return SUBSET.read_bytes() if same and icons_of_pages() <= set(content["icons"]) else None
