"""Who visits: background jobs belong to whoever asked for them, and so do their outcome and its notes.

Whoever signs in is known by name. Anybody else is known by a random cookie of the browser, so that reloading a page
loses no job; without cookies, by the session.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streamrec_core.config import open_to_everyone
from streamrec_core.permissions import Role, acting_person

COOKIE = "streamrec_visitor"
TOKEN = re.compile(r"[\w-]{32,64}")
YEAR_SECONDS = 365 * 24 * 3600
STATE = "visitor_token"


def visitor() -> str:
    """A name for the visitor of this page that tells nothing about them and that nobody else can take on."""
    person = acting_person()
    if person is not None and person.name:
        return _digest(f"person {person.name}")
    token = str(st.context.cookies.get(COOKIE, ""))
    if not TOKEN.fullmatch(token):
        token = st.session_state.setdefault(STATE, secrets.token_urlsafe(24))
    return _digest(f"browser {token}")


def is_mine(owner: str) -> bool:
    """Whether a job belongs to this visitor; one without an owner belongs to everybody."""
    return owner in ("", visitor())


def may_act_for(owner: str) -> bool:
    """Whether this visitor may stop or clear away a job: its owner, an admin, anybody on a server for one person."""
    person = acting_person()
    if person is None:
        return is_mine(owner) or not open_to_everyone()
    return is_mine(owner) or person.role >= Role.ADMIN


class VisitorCookie:
    """Pure ASGI middleware that gives each browser its cookie with the first page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the cookie to a page for a browser that has none."""
        if scope["type"] != "http" or TOKEN.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    secure = "; Secure" if scope.get("scheme") == "https" else ""
                    cookie = f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={YEAR_SECONDS}"
                    headers.append("set-cookie", f"{cookie}; HttpOnly; SameSite=Lax{secure}")
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
