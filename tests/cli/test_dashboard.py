"""`streamrec dashboard` hands over to Streamlit, with the port and address it was given and one arena of glibc."""

from __future__ import annotations

import os
import sys

import pytest
from typer.testing import CliRunner

from streamrec_core import config, extras
from streamrec_core.cli.main import app
from streamrec_core.errors import MissingExtra


def test_streamlit_serves_the_launcher_on_the_port_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "5")
    calls: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda program, command, environment: calls.append((command, environment)))
    CliRunner().invoke(app, ["dashboard", "--port", "9000", "--address", "0.0.0.0", "--no-browser"])
    ((command, environment),) = calls
    assert environment == {
        **os.environ,
        "MALLOC_ARENA_MAX": "5",  # what the operator sets stays
        "MALLOC_MMAP_THRESHOLD_": "8388608",
        "MALLOC_TRIM_THRESHOLD_": "33554432",
    }
    assert command[:5] == [sys.executable, "-m", "streamlit", "run", str(config.launcher())]
    assert command[5:] == ["--server.port", "9000", "--server.address", "0.0.0.0", "--server.headless", "true"]


def test_without_the_dashboards_libraries_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda library: None)
    error = CliRunner().invoke(app, ["dashboard"]).exception
    assert isinstance(error, MissingExtra)
    assert "pip install 'streamrec[dashboard]'" in str(error)
