"""Several processes give the same figures as one: ranks, explanations, parameters, files of explanations."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.explain import archive_parts
from streamrec_core.explain.archive import write_archive
from streamrec_core.models.parallel import in_parallel
from tests.models.parallel_figures import Figures, archive_job, assert_same, world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parallel")


@pytest.fixture(scope="module")
def alone(folder: Path) -> Figures:
    return Figures(folder, 1)


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_processes_gives_the_same_figures_to_the_last_bit(
    alone: Figures, folder: Path, jobs: int
) -> None:
    assert_same(Figures(folder, jobs), alone)


def test_what_is_complete_stays_after_a_stop_and_is_not_done_again(
    alone: Figures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = world()
    few, job = archive_job(model, dataset)
    out = tmp_path / "all.parquet"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), in_parallel((model, dataset), world, 2):
        write_archive(model, dataset, few, job, out, stop)
    complete = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".all.parquet.parts").glob("0*.parquet")}
    assert len(complete) >= 1
    assert not out.exists()
    seen: list[int] = []
    monkeypatch.setattr(archive_parts, "remove_folder", lambda path: None)  # to see the batches
    write_archive(model, dataset, few, job, out, lambda done, _: seen.append(done))
    assert len(seen) == -(-len(few) // 4) - len(complete)
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".all.parquet.parts").glob("0*.parquet")}
    assert complete.items() <= now.items()
    assert out.read_bytes() == alone.file.read_bytes()
