"""Send Streamlit's scripts and styles compressed: each is compressed once, then served from memory."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from pathlib import Path

import brotli
import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC = Path(streamlit.__file__).parent / "static"
ROUTE = "/static/"
COMPRESSED = (".js", ".css")
QUALITY = 9
FOREVER = "public, immutable, max-age=31536000"
"""As Streamlit itself sends them: their names hold a hash of what they contain."""


@lru_cache(maxsize=512)
def compressed(path: Path) -> bytes:
    """Compress a file of Streamlit's front end, which does not change while the server runs."""
    body: bytes = brotli.compress(path.read_bytes(), quality=QUALITY)
    return body


def static_file(path: str) -> Path | None:
    """Return the file behind a request for a script or style of Streamlit; None for any other path."""
    if not path.startswith(ROUTE) or not path.endswith(COMPRESSED):
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


class CompressedStaticFiles:
    """Pure ASGI middleware that answers for Streamlit's scripts and styles, and passes on everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the compressed file, or pass the request on."""
        file = static_file(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if file is None or not accepts_brotli(scope):
            await self._app(scope, receive, send)
            return
        body = await run_in_threadpool(compressed, file)
        headers = {"content-encoding": "br", "vary": "accept-encoding", "cache-control": FOREVER}
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        await Response(body, headers=headers, media_type=media_type)(scope, receive, send)
