"""What page tests may ask for: the small world, and a visitor who opens a page of it by link."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from tests.pages.tiny_world import build_world, renamed
from tests.worlds import catalogue_of, chain_dataset, written

FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"
Visit = Callable[..., AppTest]


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
