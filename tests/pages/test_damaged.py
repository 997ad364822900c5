"""Damaged files of every kind beside whole ones: each page answers, and names each damaged entry with its fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.data.dataset import DataSet
from streamrec_core.report.pack import Pack, packs_folder, write_pack
from streamrec_core.study.store import study_path
from tests.damage import DAMAGES, RUN_FILES, damage_single_files, damaged_workspace
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.test_report import _collected
from tests.study.worlds import planted_study

PAGES = ("overview", "explore", "trust", "debug", "dataset", "training", "heads", "compare", "report", "study")


@pytest.fixture
def pack(world: DataSet) -> Pack:
    return write_pack(_collected(), packs_folder() / "whole", pdf=False)


@pytest.fixture
def damaged(world: DataSet, checkpoints: Path, pack: Pack) -> list[Path]:
    """A workspace in which everything is there whole, and damaged in every way."""
    planted_study()
    return damaged_workspace(world, checkpoints, study_path("planted"), pack.folder)


def test_damaged_files_take_no_page_down_and_each_is_named_in_its_list(visit: Visit, damaged: list[Path]) -> None:
    text = {page: words(visit(f"{page}/page.py", show="change")) for page in PAGES}
    # A folder in a file's place, and a link that leads nowhere, count as no file: then there is no entry.
    for name in set(DAMAGES) - {"folder", "lost-link", "loop"}:
        for file in ("config.json", "status.json"):
            assert f"Run **{name}-{RUN_FILES.index(file)}** is damaged: " in text["training"]
        assert f"Model **{name}-0** is damaged: " in text["training"]
        assert f"Data set **{name}-0** is damaged: " in text["dataset"]
        assert f"Report **{name}-0** is damaged: " in text["report"]
        assert f"Study **{name}** is damaged: " in text["study"]
    assert "planted" in text["study"]


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_lists_take_no_page_down(visit: Visit, world: DataSet, name: str) -> None:
    damage_single_files(name)
    for page in ("debug", "dataset", "training", "report"):
        assert not visit(f"{page}/page.py").exception
