"""Launcher of the dashboard: serves pages/frame.py with security headers, a health route and a warm start."""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.ui import component
from pages.ui.compression import SmallFrontEnd
from pages.ui.headers import SecurityHeaders
from pages.warm_up import import_everything, warm_up

FRAME = Path(__file__).resolve().parent / "pages" / "frame.py"


async def health(request: Request) -> JSONResponse:
    """For load balancers: the server answers."""
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Import and freeze what pages need, then open the default data and model in the background."""
    import_everything()
    # Streamlit collects garbage after every rerun; modules stay for good and need not be walked through each time.
    gc.collect()
    gc.freeze()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    yield


app = st.App(
    FRAME,
    middleware=[Middleware(SecurityHeaders), Middleware(SmallFrontEnd)],
    routes=[Route("/health", health), component.route],
    lifespan=lifespan,
)
