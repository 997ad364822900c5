"""Launcher of the dashboard: serves pages/frame.py with security headers, a health route and a warm start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages import start
from pages.ui import component
from pages.ui.compression import SmallFrontEnd
from pages.ui.exposure import refuse_unsafe_start
from pages.ui.gate import Gate
from pages.ui.headers import SecurityHeaders
from pages.ui.visitor import VisitorCookie

FRAME = Path(__file__).resolve().parent / "pages" / "frame.py"


async def health(request: Request) -> JSONResponse:
    """For load balancers: the server answers."""
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Import what pages need and open the default data and model in the background, while the server answers."""
    start.begin()
    yield


refuse_unsafe_start()
app = st.App(
    FRAME,
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(Gate),
        Middleware(VisitorCookie),
        Middleware(SmallFrontEnd),
        Middleware(start.PagesWait),
    ],
    routes=[Route("/health", health), component.route],
    lifespan=lifespan,
)
