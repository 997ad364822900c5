"""The first visitor of a server that nobody has visited: a link must not go around the frame (FACTS, section 2)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import conftest as house

PATIENCE = 90_000


@pytest.fixture
def cold(tmp_path: Path) -> Iterator[str]:
    """Address of a dashboard that nobody has visited."""
    port, log = house._free_port(), tmp_path / "log.txt"
    environment = os.environ | {"STREAMLIT_SERVER_HEADLESS": "true", "STREAMLIT_SERVER_PORT": str(port)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command, cwd=house.ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        house._wait_until_healthy(server, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        house._end(server)


def test_a_deep_link_runs_inside_the_frame(cold: str, page: Page) -> None:
    page.goto(f"{cold}/explore")
    expect(page.get_by_test_id("stSidebar").get_by_text("Data set", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Explore")).to_be_visible(timeout=PATIENCE)


def test_a_file_of_the_frame_is_no_page(cold: str, page: Page) -> None:
    page.goto(f"{cold}/frame")
    expect(page.get_by_test_id("stSidebar").get_by_text("Data set", exact=True)).to_be_visible(timeout=PATIENCE)
    links = page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    assert links == ["Overview", "Explore"]
