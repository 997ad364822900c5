"""Gate before the server's routes: refuses other origins, closed routes, unsafe addresses and unsafe messages.

Streamlit accepts a web socket from every port of this machine, asks an outside service for its address when an origin
is refused, publishes its metrics, and lets any visitor empty all caches.
"""

from __future__ import annotations

import logging
import math
import time
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.ui import sign_in
from pages.ui.exposure import exposure_fault

CORE = "_stcore"
OPEN_ROUTES = ("health", "host-config", "stream", "upload_file", "bidi-components")
"""Routes below `CORE` that pages need; metrics, agents and script checks are closed."""
PRIVATE_ROUTES = ("media", f"{CORE}/upload_file")
READING = ("GET", "HEAD", "OPTIONS")


class Gate:
    """Pure ASGI middleware; what it lets through is answered by Streamlit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on; a web socket without the messages that no visitor may send."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status, message = refusal(scope)
        if status:
            await refuse(status, message, scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, receive, _with_secure_cookies(send))
        else:
            scope, expiry = checked_sign_in(scope)
            await self._app(scope, _filtered(receive, send, expiry), send)


def refusal(scope: Scope) -> tuple[int, str]:
    """Status and reason with which a request is refused; 0 where it is not."""
    server = scope.get("server")
    if server and server[1] is not None and (fault := exposure_fault(server[0])):
        return 403, fault
    if is_closed(scope["path"]):
        return 404, "Not found"
    headers = Headers(scope=scope)
    if is_private(scope) and sign_in.is_configured() and not sign_in.claims_in(HTTPConnection(scope).cookies):
        return 403, "Sign in first"
    origin, host = headers.get("origin"), headers.get("host", "")
    changes = scope["type"] == "websocket" or scope["method"] not in READING
    if changes and origin is not None and host_of(origin) != host:
        logging.getLogger(__name__).warning(
            "refused a request from %.200s to %.200s; a proxy must pass the Host header on as it is", origin, host
        )
        return 403, "The request comes from another site"
    return 0, ""


def is_private(scope: Scope) -> bool:
    """Whether a request is for a file that a page made or takes, which only people who signed in may have."""
    return scope["type"] == "http" and any(f"/{route}/" in scope["path"] for route in PRIVATE_ROUTES)


def is_closed(path: str) -> bool:
    """Whether a path is one of Streamlit's own routes that pages do not need."""
    _, core, below = f"{path}/".rpartition(f"/{CORE}/")
    return bool(core) and below.split("/", 1)[0] not in OPEN_ROUTES


def host_of(origin: str) -> str | None:
    """Host and port of an origin; None for `null` and for what is no address."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def checked_sign_in(scope: Scope) -> tuple[Scope, float]:
    """A web socket without the cookies of a sign-in that is over, and when a valid one ends."""
    if not sign_in.is_configured():
        return scope, math.inf
    claims = sign_in.claims_in(HTTPConnection(scope).cookies)
    if claims:
        return scope, claims["exp"]
    headers = [(name, text) for name, text in scope["headers"] if name != b"cookie"]
    return {**scope, "headers": headers}, math.inf


def _with_secure_cookies(send: Send) -> Send:
    """Cookies travel by https only where the dashboard is opened so; behind a proxy Streamlit cannot know."""
    settings = sign_in.settings()
    if settings is None or not settings.https:
        return send

    async def send_secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, text + b"; Secure" if name == b"set-cookie" and b"; secure" not in text.lower() else text)
                for name, text in message["headers"]
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_secure


def _filtered(receive: Receive, send: Send, expiry: float) -> Receive:
    """Messages that a visitor may send; when the sign-in ends, the connection does."""

    async def receive_allowed() -> Message:
        while True:
            message = await receive()
            if message["type"] == "websocket.receive" and time.time() >= expiry:
                await send({"type": "websocket.close", "code": 1008})
                return {"type": "websocket.disconnect", "code": 1008}
            if not empties_caches(message.get("bytes")):
                return message

    return receive_allowed


def empties_caches(frame: bytes | None) -> bool:
    """Whether a web socket's message asks for all caches of all visitors to be emptied."""
    try:
        return frame is not None and BackMsg.FromString(frame).WhichOneof("type") == "clear_cache"
    except DecodeError:  # for Streamlit to refuse
        return False


async def refuse(status: int, message: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a status and one sentence; a web socket that the server cannot answer so is closed."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse(message, status_code=status)(scope, receive, send)
