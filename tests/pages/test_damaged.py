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


@pytest.mark.parametrize("page", PAGES)
def test_damaged_files_beside_whole_ones_take_no_page_down(visit: Visit, damaged: list[Path], page: str) -> None:
    assert not visit(f"{page}/page.py").exception


NAMED = {
    "training": ("Run", (RUN_FILES.index("config.json"), RUN_FILES.index("status.json"))),
    "dataset": ("Data set", (0,)),
    "report": ("Report", (0,)),
}


@pytest.mark.parametrize("page", NAMED)
def test_each_damaged_entry_is_named_with_its_fault_in_its_list(visit: Visit, damaged: list[Path], page: str) -> None:
    noun, numbers = NAMED[page]
    text = words(visit(f"{page}/page.py", show="change"))
    for name in DAMAGES:
        # A folder, and a link that leads nowhere, count as no file: then there is no entry.
        if name not in ("folder", "lost-link", "loop"):
            for number in numbers:
                assert f"{noun} **{name}-{number}** is damaged: " in text


def test_damaged_models_and_studies_are_named_and_the_whole_ones_serve(visit: Visit, damaged: list[Path]) -> None:
    assert "Model **cut-0** is damaged: " in words(visit("training/page.py"))
    study = words(visit("study/page.py"))
    assert "Study **cut** is damaged: " in study
    assert "planted" in study


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_lists_take_no_page_down(visit: Visit, world: DataSet, name: str) -> None:
    damage_single_files(name)
    for page in ("debug", "dataset", "training", "report"):
        assert not visit(f"{page}/page.py").exception
