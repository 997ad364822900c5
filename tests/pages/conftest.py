"""Fixtures of page tests: the small world, training runs in it, and a visitor who opens a page of it by link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.storage import read_dataset
from streamrec_core.training import manage
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.pages.tiny_world import build_world, renamed
from tests.worlds import SMALL, catalogue_of, chain_dataset, written

FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"
Visit = Callable[..., AppTest]
Begin = Callable[..., RunFolder]


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of shipped models."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setenv("STREAMREC_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def world(workspace: Path, checkpoints: Path) -> DataSet:
    """Data set `tiny` with titles that must stay text, and two models for it."""
    return build_world(checkpoints)


@pytest.fixture
def other_world(world: DataSet) -> DataSet:
    """Beside `tiny`, a data set `other` whose catalogue no model knows."""
    other = chain_dataset(items=18)
    return written(renamed(other, catalogue_of(18, 2), name="other"), data_folder() / "other")


@pytest.fixture
def visit(world: DataSet) -> Visit:
    """Opens a page as a visitor with a link would."""

    def opened(page: str = "overview/page.py", **link: str) -> AppTest:
        visitor = AppTest.from_file(str(FRAME), default_timeout=60)
        for name, value in ({"data": "tiny"} | link).items():
            visitor.query_params[name] = value
        visitor.run()
        if page != "overview/page.py":
            visitor.switch_page(page)
            for name, value in ({"data": "tiny"} | link).items():
                visitor.query_params[name] = value
            visitor.run()
        assert not visitor.exception, [fault.value for fault in visitor.exception]
        return visitor

    return opened


@pytest.fixture
def runs(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder; no test of the page starts a process, runs get no further than the queue."""
    folder = workspace / "runs"
    folder.mkdir()
    monkeypatch.setattr(manage, "_supervise", lambda at: None)
    return folder


@pytest.fixture
def begin(world: DataSet, runs: Path, workspace: Path) -> Begin:
    """Creates a run on `tiny`, which nothing trains."""

    def begun(name: str, data: str = "tiny", kind: str = "transformer", **settings: Any) -> RunFolder:
        run = RunFolder(runs / name)
        dataset = read_dataset(workspace / "data" / data)
        shape = {"hidden": 8, "width": 8} if kind == "lstm" else SMALL
        run.begin(new_run(name, dataset, kind, "plain", {**shape, "epochs": 2, "batch_size": 16, **settings}))
        return run

    return begun


@pytest.fixture
def trained(begin: Begin, world: DataSet, workspace: Path) -> RunFolder:
    """A run of two epochs that is done."""
    run = begin("trained")
    list(train(run, read_dataset(workspace / "data" / "tiny")))
    return run
