"""Components in plain JavaScript: their files are joined and served once under a name that holds their hash.

Streamlit sends a component's sources anew at every run. What it sends here is one line that imports the joined file
from the server, which the browser keeps for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.components.v2.types import ComponentRenderer

from streamrec_core.explanation_view import assets

PAGES = Path(__file__).resolve().parent.parent
FOLDERS = (assets.FOLDER, PAGES / "explore" / "canvas")
"""Where the files of components lie: those of the matrix, which notebooks draw too, and those of Explore."""
ROUTE = "/components/"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
FOREVER = "public, immutable, max-age=31536000"
_served: dict[str, bytes] = {}


def source(names: Sequence[str]) -> str:
    """Join files by name, whole-line comments left out."""
    paths = (next(path for folder in FOLDERS if (path := folder / name).is_file()) for name in names)
    return assets.joined(tuple(paths))


def address(name: str, text: str, suffix: str) -> str:
    """Serve a text for good; returns the path that it is served under."""
    body = text.encode()
    file = f"{name}.{hashlib.sha256(body).hexdigest()[:16]}{suffix}"
    _served[file] = body
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{'/' + base if base else ''}{ROUTE}{file}"


def register(name: str, html: str, scripts: Sequence[str], style: str) -> ComponentRenderer:
    """Register a component whose elements stand in the page itself, so that readers and tests see them like any other.

    Parameters
    ----------
    name : str
    html : str
        The element that the script fills.
    scripts, style : sequence of str, str
        Names of files in `FOLDERS`, in the order in which they need each other.
    """
    script, sheet = address(name, source(scripts), ".js"), address(name, source([style]), ".css")
    return st.components.v2.component(
        f"streamrec_{name}",
        html=html,
        # The line breaks tell Streamlit that these are sources and not names of files.
        css=f'/* {name} */\n@import url("{sheet}");',
        js=f'const part = await import(new URL("{script}", location.origin));\nexport default part.default;',
        isolate_styles=False,
    )


async def serve(request: Request) -> Response:
    """Answer with a component's file; its name holds its hash, so that it never changes."""
    file = request.path_params["file"]
    body = _served.get(file)
    if body is None:
        return Response("no such file", status_code=404, media_type="text/plain")
    return Response(body, media_type=MEDIA_TYPES[Path(file).suffix], headers={"cache-control": FOREVER})


route = Route(f"{ROUTE}{{file}}", serve)
