"""Everything that several processes share of one small world, computed by an engine, and what must be equal of it."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from streamrec_core.attribution.parameter_importance import measure_parameters
from streamrec_core.background.engine import LOCAL, Engine
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.evaluation.ranking import EVALUATION_BATCH, Ranking, rank
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.explain.as_json import plain_values
from streamrec_core.explain.in_chunks import verify_in_chunks
from streamrec_core.explain.nulls import AT_ONCE
from streamrec_core.models.parallel import ModelAndData, in_parallel, workers_for
from streamrec_core.models.protocol import SessionModel
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


def archive_job(model: SessionModel, dataset: DataSet) -> tuple[Examples, ArchiveJob]:
    """A few examples of the world, and the file of their explanations."""
    few = examples_at_last(dataset.log).take(np.arange(AT_ONCE + 2))
    values = {"model": "m", "weights": "w", "events": "e", "part": "all", "targets": len(few), "batch": 4}
    return few, ArchiveJob.parse(values, "job")


class Figures:
    """Everything that worker processes share, of one world."""

    def __init__(self, folder: Path, jobs: int, engine: Engine = LOCAL) -> None:
        model, dataset = world()
        examples = examples_at_last(dataset.log)
        few, job = archive_job(model, dataset)
        self.shares: list[float] = []
        with in_parallel((model, dataset), world, jobs, engine):
            assert (workers_for(model, dataset) is None) == (jobs == 1 and not engine.remote)
            assert workers_for(*world()) is None  # another model, though it is the same
            self.ranking = rank(model, dataset, examples, filter_seen=True)
            self.parameters = measure_parameters(model, dataset, examples.take(np.arange(30)), split(dataset).train)
            self.explanations = verify_in_chunks(model, dataset, few, progress=self.shares.append)
            self.file = write_archive(model, dataset, few, job, folder / f"{engine.name}-{jobs}.parquet")
        assert workers_for(model, dataset) is None
        self.catalogue = dataset.catalogue

    def plain(self) -> list[dict[str, Any]]:
        """The explanations as plain values."""
        return [plain_values(explanation, self.catalogue, "viewer") for explanation in self.explanations]


def assert_same(shared: Figures, alone: Figures) -> None:
    """To the last bit, and by hash."""
    for field in fields(Ranking):
        assert np.array_equal(getattr(shared.ranking, field.name), getattr(alone.ranking, field.name)), field.name
    assert len({*alone.ranking.ranks.tolist()}) > 10
    assert shared.parameters == alone.parameters
    assert {"session", "popularity"} <= {importance.parameter for importance in alone.parameters}
    assert shared.plain() == alone.plain()
    assert len(alone.explanations) == AT_ONCE + 2
    assert shared.explanations[-1].first_look.catalogue is shared.catalogue
    assert shared.shares == alone.shares == [AT_ONCE / (AT_ONCE + 2), 1.0]
    digests = {hashlib.sha256(figures.file.read_bytes()).hexdigest() for figures in (shared, alone)}
    assert len(digests) == 1
