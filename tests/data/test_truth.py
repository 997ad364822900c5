"""The truth of synthetic data: kept whole, read by evaluation, never by a model."""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import streamrec_core
from streamrec_core.data.storage import write_dataset
from streamrec_core.data.synthetic.sessions import draw_streamrec, streamrec_catalogue
from streamrec_core.data.truth import Truth, read_truth
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, dataset_of, even_truth, log_of

CORE = Path(streamrec_core.__file__).parent
READERS = {"data/truth.py", "data/storage.py", "data/presets.py"}
READER_FOLDERS = ("evaluation/", "data/synthetic/")


def reads_truth(file: Path) -> bool:
    """Whether the file imports `data.truth`, or names its files."""
    return any(_reads(node) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def _reads(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="streamrec_core.data.truth"):
            return True
        case ast.ImportFrom(module="streamrec_core.data", names=names):
            return any(alias.name == "truth" for alias in names)
        case ast.Import(names=names):
            return any(alias.name == "streamrec_core.data.truth" for alias in names)
        case ast.Constant(value="truth.parquet" | "truth_items.parquet"):
            return True
    return False


def test_a_model_never_reads_the_truth() -> None:
    readers = {file.relative_to(CORE).as_posix() for file in CORE.rglob("*.py") if reads_truth(file)}
    assert {name for name in readers if not name.startswith(READER_FOLDERS)} <= READERS
    assert "evaluation/ceiling.py" in readers  # the search does find readers


@pytest.mark.parametrize(
    "line",
    [
        "from streamrec_core.data.truth import read_truth",
        "from streamrec_core.data import truth",
        "import streamrec_core.data.truth",
        "table = pq.read_table(folder / 'truth.parquet')",
    ],
)
def test_the_search_finds_every_way_to_read_it(line: str, tmp_path: Path) -> None:
    (tmp_path / "spy.py").write_text(line)
    assert reads_truth(tmp_path / "spy.py")
    (tmp_path / "spy.py").write_text("from streamrec_core.data.log import EventLog\n")
    assert not reads_truth(tmp_path / "spy.py")


def special_truth() -> Truth:
    """Three sessions over 12 items in 3 categories: none, one and two items with a mass of their own."""
    return replace(
        even_truth(catalogue_of(12, 3), 3, [[0.5, 0.25, 0.25], [0.2, 0.2, 0.1], [0.3, 0.3, 0.3]]),
        special_offsets=np.array([0, 0, 1, 3]),
        special_items=np.array([4, 11, 2], np.int32),
        special_mass=np.array([0.5, 0.125, -0.025], np.float32),
        cause=("last", "opening", "preference"),
        cause_position=np.array([3, 0, -1]),
    )


def test_a_probability_is_the_categorys_mass_times_the_items_share_plus_its_own_mass() -> None:
    catalogue = catalogue_of(12, 3)
    mass = special_truth().probabilities(np.array([2, 0, 1]), catalogue)
    assert mass.shape == (3, 12)
    np.testing.assert_allclose(mass[1], np.where(catalogue.category_of == 0, 0.125, 0.0625))
    np.testing.assert_allclose(mass[2, [0, 1, 2, 4]], [0.05, 0.05, 0.025, 0.55])
    np.testing.assert_allclose(mass[0, [2, 5, 11]], [0.05, 0.075, 0.2])
    np.testing.assert_allclose(mass.sum(1), 1, atol=1e-6)


def test_the_truth_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    catalogue = catalogue_of(12, 3)
    log = log_of([[0, 1, 2, 3, 4], [5, 6], [7, 8]])
    before = special_truth()
    write_dataset(dataset_of(catalogue, log), tmp_path / "set", before)
    after = read_truth(tmp_path / "set", catalogue)
    for field in fields(Truth):
        first, second = getattr(before, field.name), getattr(after, field.name)
        assert np.array_equal(first, second), field.name
        if isinstance(first, np.ndarray):
            assert first.dtype == second.dtype, field.name


def test_other_programs_read_which_event_caused_a_target(tmp_path: Path) -> None:
    log = log_of([[0, 1, 2, 3, 4], [5, 6], [7, 8]])
    write_dataset(dataset_of(catalogue_of(12, 3), log), tmp_path / "set", special_truth())
    rows = pq.read_table(tmp_path / "set" / "truth.parquet").to_pylist()
    assert [(row["session_id"], row["cause"], row["cause_position"]) for row in rows] == [
        ("s0", "last", 3),
        ("s1", "opening", 0),
        ("s2", "preference", None),
    ]
    assert rows[2]["special_items"] == ["i11", "i2"]


def test_the_truth_of_a_generator_comes_back_too(tmp_path: Path) -> None:
    catalogue = streamrec_catalogue()
    log, before = draw_streamrec(catalogue, 50, seed=3, home_page=True)
    write_dataset(dataset_of(catalogue, log), tmp_path / "set", before)
    after = read_truth(tmp_path / "set", catalogue)
    rows = np.arange(50)
    assert np.array_equal(before.probabilities(rows, catalogue), after.probabilities(rows, catalogue))


def test_a_data_set_without_truth_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no truth\.parquet; only synthetic data sets know the causes"):
        read_truth(tmp_path, catalogue_of())
