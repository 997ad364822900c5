"""`dashboard`: serve the dashboard's pages with Streamlit."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from streamrec_core.config import launcher
from streamrec_core.defaults import MALLOC
from streamrec_core.extras import EXTRAS, require

app = typer.Typer()


@app.command("dashboard")
def dashboard_command(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8501,
    address: Annotated[
        str,
        typer.Option(
            help="Address to listen on; one that other machines reach needs sign-in or STREAMREC_OPEN=1, and its host "
            "in STREAMLIT_SERVER_ALLOWED_HOSTS."
        ),
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """Serve the dashboard until Ctrl-C. Data, runs and reports lie in the workspace (`STREAMREC_WORKSPACE`).

    Example: `streamrec dashboard --port 9000 --no-browser`
    """
    for library in (name for name, extra in EXTRAS.items() if extra == "dashboard"):
        require(library)
    options = {"server.port": port, "server.address": address, "server.headless": str(not browser).lower()}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "streamlit", "run", str(launcher()), *words]
    malloc = {variable: str(setting) for variable, setting in MALLOC.items()}
    os.execve(sys.executable, command, malloc | os.environ)  # the same process, so that signals reach the server
