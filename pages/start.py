"""Start of the dashboard: it answers at once, and imports and opens what pages need in the background.

A browser loads the front end while torch is imported here; its web socket, over which pages come, waits for that.
"""

from __future__ import annotations

import gc
import os
import threading

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.ui.ahead import ahead
from pages.ui.malloc import limit_fragmentation
from streamrec_core.recovery import recover_workspace

_imported = threading.Event()
_imported.set()  # where nobody begins, as in tests, pages import what they need themselves


def begin() -> None:
    """Import everything and warm up, in the background."""
    # NumPy reads this when it is imported. For matrices of 50 events a second thread costs more than it computes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    limit_fragmentation()
    _imported.clear()
    threading.Thread(target=_prepare, name="warm-up", daemon=True).start()


class PagesWait:
    """Pure ASGI middleware that holds web sockets back until everything is imported, so that no page imports half."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a web socket once pages can run."""
        if scope["type"] == "websocket" and not _imported.is_set():
            await run_in_threadpool(_imported.wait)
        await self._app(scope, receive, send)


def _prepare() -> None:
    gc.disable()  # imports make little garbage, and looking for it takes a fifth of their time
    try:
        recover_workspace()
        from pages import warm_up
        from pages.ui import memory

        warm_up.import_everything()
        # Streamlit collects garbage after every rerun; modules stay for good and need not be walked through each time.
        gc.freeze()
    finally:
        gc.enable()
        _imported.set()  # a module that cannot be imported is for the page to show
    ahead.start()
    memory.give_memory_back()
    warm_up.warm_up()
