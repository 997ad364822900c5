"""The notebooks in examples/ run from top to bottom and are stored without outputs."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in a folder; a cell that fails raises."""
    notebook = nbformat.read(path, as_version=4)
    # two torch threads beside other work wait for each other, see docs/experiments.md
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own start
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute(env=environment)
    return notebook


def shown(notebook: nbformat.NotebookNode) -> str:
    """All HTML and text that the cells show."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(text) for output in outputs for text in output.get("data", {}).values())


def test_the_notebooks_are_those_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in NOTEBOOKS if f"(examples/{path.name})" not in readme] == []
    assert len(NOTEBOOKS) == 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_tables_and_the_matrix(path: Path, tmp_path: Path) -> None:
    text = shown(executed(path, tmp_path))
    assert text.count("streamrec-result") >= 4
    assert "<iframe sandbox=" in text
    assert "rank_without" in text
