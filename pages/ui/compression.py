"""Send Streamlit's front end small: scripts and styles compressed, an icon font of what is used, no font for nothing.

Each file is compressed once, then served from memory. The first page asks for no text font, since the theme uses those
of the machine.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

import brotli
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui.icons import subset_of

STATIC = Path(st.__file__).parent / "static"
ROUTE = "/static/"
COMPRESSED = (".js", ".css")
ICON_FONT = "/static/media/MaterialSymbols-Rounded."
QUALITY = 9
FOREVER = "public, immutable, max-age=31536000"
"""As Streamlit itself sends them: their names hold a hash of what they contain."""
ASK_EACH_TIME = "no-cache"
"""For the icon font, whose content changes under the same name."""
_PRELOADED_FONT = re.compile(rb'\s*<link\s[^>]*rel="preload"[^>]*as="font"[^>]*>')


@lru_cache(maxsize=512)
def compressed(path: Path) -> bytes:
    """Compress a file of Streamlit's front end, which does not change while the server runs."""
    body: bytes = brotli.compress(path.read_bytes(), quality=QUALITY)
    return body


@lru_cache(maxsize=1)
def first_page() -> tuple[bytes, bytes, bytes]:
    """Return Streamlit's page as it lies on the disk, as it is sent, and that compressed.

    Sent is no text font where the theme replaces it: Streamlit draws a moment in its own font until the theme arrives,
    and would download it for that moment.
    """
    whole = (STATIC / "index.html").read_bytes()
    font = str(st.get_option("theme.font") or "").translate({ord(char): None for char in "<>{};"})
    slim = whole
    if "," in font:  # a list of fonts of the machine, and not one that Streamlit brings
        style = f"<style>body, .stApp {{ font-family: {font} !important; }}</style>\n  </head>"
        slim = _PRELOADED_FONT.sub(b"", slim).replace(b"</head>", style.encode(), 1)
    return whole, slim, brotli.compress(slim, quality=QUALITY)


def static_file(path: str) -> Path | None:
    """Return the file behind a request for a script, style or icon font of Streamlit; None for any other path."""
    if not path.startswith(ROUTE) or not (path.endswith(COMPRESSED) or path.startswith(ICON_FONT)):
        return None
    file = (STATIC / path.removeprefix("/")).resolve()
    return file if file.is_relative_to(STATIC.resolve()) and file.is_file() else None


def accepts_brotli(scope: Scope) -> bool:
    """Whether the browser says that it reads Brotli, and asks for the whole file."""
    headers = Headers(scope=scope)
    codings = [coding.strip().split(";") for coding in headers.get("accept-encoding", "").split(",")]
    refused = {"q=0", "q=0.0"}
    return "range" not in headers and any(
        coding[0].strip() == "br" and not refused & {part.strip() for part in coding[1:]} for coding in codings
    )


class SmallFrontEnd:
    """Pure ASGI middleware that answers for Streamlit's scripts, styles and icons, and slims its first page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the small file, or pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
        elif (file := static_file(scope["path"])) is not None:
            reply = await run_in_threadpool(_reply, file, scope)
            await (self._app if reply is None else reply)(scope, receive, send)
        elif "text/html" in Headers(scope=scope).get("accept", ""):
            await self._page(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on for a whole, uncompressed answer; a page is sent slim, anything else as it is."""
        left_out = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
        headers = [(name, text) for name, text in scope["headers"] if name.lower() not in left_out]
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(message):
                    await send(message)
            elif not _is_page(start):
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_page(start, body, accepts_brotli(scope), send)

        await self._app({**scope, "headers": headers}, receive, collect)


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


async def _send_page(start: Message, body: bytes, brotli_accepted: bool, send: Send) -> None:
    whole, slim, packed = first_page()
    headers = MutableHeaders(raw=list(start["headers"]))
    if body == whole:
        for name in ("etag", "last-modified", "accept-ranges"):  # of the file as it lies on the disk
            del headers[name]
        body = packed if brotli_accepted else slim
        if brotli_accepted:
            headers["content-encoding"] = "br"
        headers.add_vary_header("accept-encoding")
        headers["content-length"] = str(len(body))
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def _reply(file: Path, scope: Scope) -> Response | None:
    """Return the small answer for a file; None where the file is to be sent as it is."""
    headers = {"vary": "accept-encoding", "cache-control": FOREVER}
    if file.suffix not in COMPRESSED:
        return _icon_font(file, Headers(scope=scope))
    if not accepts_brotli(scope):
        return None
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(compressed(file), headers=headers | {"content-encoding": "br"}, media_type=media_type)


def _icon_font(file: Path, request_headers: Headers) -> Response | None:
    body = None if "range" in request_headers else subset_of(file)
    if body is None:
        return None
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"cache-control": ASK_EACH_TIME, "etag": tag}
    if request_headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="font/woff2")
