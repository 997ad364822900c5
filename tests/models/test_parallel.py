"""Several processes give the same figures as one: ranks, explanations, parameters, files of explanations."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamrec_core.attribution.parameter_importance import measure_parameters
from streamrec_core.data.splits import split
from streamrec_core.evaluation.ranking import EVALUATION_BATCH, Ranking, rank
from streamrec_core.explain import archive
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.explain.as_json import plain_values
from streamrec_core.explain.in_chunks import verify_in_chunks
from streamrec_core.explain.nulls import AT_ONCE
from streamrec_core.models.parallel import ModelAndData, in_parallel, workers_for
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of, small_transformer

SESSIONS = 2 * EVALUATION_BATCH + 3


def world() -> ModelAndData:
    """An untrained additive model, and sessions of differing length."""
    rng = np.random.default_rng(4)
    rows = [rng.integers(0, 40, int(rng.integers(3, 9))).tolist() for _ in range(SESSIONS)]
    marks = [rng.integers(0, 3, len(row)).tolist() for row in rows]
    catalogue = catalogue_of(40, 3)
    jobs = ("free", "recent", "category", "last")
    return small_transformer(catalogue, jobs=jobs), dataset_of(catalogue, log_of(rows, marks))


class Figures:
    """Everything that worker processes share, of one world."""

    def __init__(self, folder: Path, jobs: int) -> None:
        model, dataset = world()
        examples = examples_at_last(dataset.log)
        few = examples.take(np.arange(AT_ONCE + 2))
        job = ArchiveJob.parse(
            {"model": "m", "weights": "w", "events": "e", "part": "all", "targets": len(few), "batch": 4}, "job"
        )
        self.shares: list[float] = []
        with in_parallel((model, dataset), world, jobs):
            assert (workers_for(model, dataset) is None) == (jobs == 1)
            assert workers_for(*world()) is None  # another model, though it is the same
            self.ranking = rank(model, dataset, examples, filter_seen=True)
            self.parameters = measure_parameters(model, dataset, examples.take(np.arange(30)), split(dataset).train)
            self.explanations = verify_in_chunks(model, dataset, few, progress=self.shares.append)
            self.file = write_archive(model, dataset, few, job, folder / f"{jobs}.parquet")
        assert workers_for(model, dataset) is None
        self.catalogue = dataset.catalogue


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
    shared = Figures(folder, jobs)
    for field in fields(Ranking):
        assert np.array_equal(getattr(shared.ranking, field.name), getattr(alone.ranking, field.name)), field.name
    assert len({*alone.ranking.ranks.tolist()}) > 10
    assert shared.parameters == alone.parameters
    assert {"session", "popularity"} <= {importance.parameter for importance in alone.parameters}
    assert [_plain(shared, number) for number in range(AT_ONCE + 2)] == [
        _plain(alone, number) for number in range(AT_ONCE + 2)
    ]
    assert shared.explanations[-1].first_look.catalogue is shared.catalogue
    assert shared.shares == alone.shares == [AT_ONCE / (AT_ONCE + 2), 1.0]
    digests = {hashlib.sha256(figures.file.read_bytes()).hexdigest() for figures in (shared, alone)}
    assert len(digests) == 1


def _plain(figures: Figures, number: int) -> dict[str, Any]:
    return plain_values(figures.explanations[number], figures.catalogue, "viewer")


def test_what_is_complete_stays_after_a_stop_and_is_not_done_again(
    alone: Figures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = world()
    few = examples_at_last(dataset.log).take(np.arange(AT_ONCE + 2))
    job = ArchiveJob.parse(
        {"model": "m", "weights": "w", "events": "e", "part": "all", "targets": len(few), "batch": 4}, "job"
    )
    out = tmp_path / "all.parquet"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), in_parallel((model, dataset), world, 2):
        write_archive(model, dataset, few, job, out, stop)
    complete = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".all.parquet.parts").glob("0*.parquet")}
    assert len(complete) >= 1
    assert not out.exists()
    seen: list[int] = []
    monkeypatch.setattr(archive, "remove_folder", lambda path: None)  # to see the batches
    write_archive(model, dataset, few, job, out, lambda done, _: seen.append(done))
    assert len(seen) == -(-len(few) // 4) - len(complete)
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".all.parquet.parts").glob("0*.parquet")}
    assert complete.items() <= now.items()
    assert out.read_bytes() == alone.file.read_bytes()
