"""The warm start: what the first visitor would wait for is there already, and a fault keeps nobody out."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pages import start, warm_up
from pages.explore import cached as explore_cached
from pages.overview import cached as overview_cached
from pages.ui import cached as ui_cached
from pages.ui import memory
from pages.ui.workbench import open_workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput


def test_what_overview_shows_is_computed_once(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = open_workbench("tiny")
    for piece in warm_up.default_view(bench):
        piece()
    monkeypatch.setattr(overview_cached, "show", None)
    monkeypatch.setattr(ui_cached, "find_example_sessions", None)
    monkeypatch.setattr(explore_cached, "verify", None)
    for piece in warm_up.default_view(open_workbench("tiny")):
        piece()


def test_a_fault_is_logged_and_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(name: str) -> None:
        raise BadInput("catalogue.parquet is missing")

    monkeypatch.setattr(warm_up, "open_workbench", broken)
    with caplog.at_level(logging.WARNING):
        warm_up.warm_up()
    assert "catalogue.parquet is missing" in caplog.text


def test_the_default_view_is_planned_and_computed_behind_the_visitors(
    world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: dict[str, list[object]] = {}
    monkeypatch.setattr(warm_up, "DEFAULT_PRESET", "tiny")
    monkeypatch.setattr(warm_up.ahead, "plan", lambda visitor, pieces: planned.update({visitor: list(pieces)}))
    warm_up.warm_up()
    assert len(planned["warm-up"]) > 5


@pytest.mark.parametrize(("kind", "passes"), [("http", True), ("websocket", False)])
def test_a_page_waits_for_the_imports_and_a_file_does_not(
    kind: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = threading.Event()
    monkeypatch.setattr(start, "_imported", imported)
    passed = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.set()

    visit = threading.Thread(target=asyncio.run, args=(start.PagesWait(app)({"type": kind}, None, None),))  # type: ignore[arg-type]
    visit.start()
    assert passed.wait(60 if passes else 0.2) == passes
    imported.set()
    assert passed.wait(60)
    visit.join()


def test_the_launcher_starts_without_numpy_and_keeps_it_to_one_thread() -> None:
    """Only what is set before NumPy is imported counts, and a launcher without it answers seconds sooner."""
    code = (
        "import os, sys, threading, app; heavy = {'numpy', 'torch', 'pandas'} & set(sys.modules); "
        "app.start._prepare = lambda: None; app.start.begin(); print(sorted(heavy), os.environ['OPENBLAS_NUM_THREADS'])"
    )
    environment = {name: text for name, text in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert run.stdout.split() == ["[]", "1"]


def test_pages_can_be_served_even_where_an_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = threading.Event()
    monkeypatch.setattr(start, "_imported", imported)
    monkeypatch.setattr(warm_up, "import_everything", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        start._prepare()
    assert imported.is_set()


def test_what_runs_beside_pages_starts_once_everything_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(start, "_imported", threading.Event())
    monkeypatch.setattr(start.gc, "freeze", lambda: begun.append("freeze"))
    monkeypatch.setattr(start, "recover_workspace", lambda: begun.append("recover"))
    for name in ("import_everything", "warm_up"):
        monkeypatch.setattr(warm_up, name, lambda name=name: begun.append(name))
    monkeypatch.setattr(start.ahead, "start", lambda: begun.append("ahead"))
    monkeypatch.setattr(memory, "give_memory_back", lambda: begun.append("memory"))
    start._prepare()
    assert begun == ["recover", "import_everything", "freeze", "ahead", "memory", "warm_up"]


@pytest.mark.parametrize("name", ["../tiny", "/etc", "gone", ""])
def test_only_data_sets_in_the_list_are_opened(world: DataSet, name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no data set"):
        open_workbench(name)


def test_a_model_that_is_not_in_the_list_is_refused(world: DataSet) -> None:
    bench = open_workbench("tiny", "../a-transformer")
    assert bench.model is None
    assert "a-transformer" in bench.refusal


def test_weights_that_were_changed_are_refused_with_both_hashes(world: DataSet, checkpoints: Path) -> None:
    weights = checkpoints / "a-transformer" / "weights.safetensors"
    weights.write_bytes((checkpoints / "b-lstm" / "weights.safetensors").read_bytes())
    bench = open_workbench("tiny", "a-transformer")
    assert bench.model is None
    assert "card" in bench.refusal
    assert "file" in bench.refusal
