"""How long a run takes: earlier runs that are like it, on this machine, else a few steps timed in a passing folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch

from streamrec_core.audit_log import entries
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import Refused
from streamrec_core.training.estimate import DurationEstimate, by_timing, from_earlier_runs
from streamrec_core.training.events import EpochDone
from streamrec_core.training.new_run import new_run
from streamrec_core.training.process import Launch
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.settings import RunConfig
from tests.worlds import SMALL, chain_dataset, written


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    return written(chain_dataset(), tmp_path / "chain")


def config(dataset: DataSet, **overrides: Any) -> RunConfig:
    return new_run("run", dataset, "transformer", "plain", {**SMALL, "epochs": 7, **overrides})


def earlier(runs: Path, name: str, settings: RunConfig, *seconds: float, host: str | None = None) -> RunFolder:
    """A run whose epochs took these seconds."""
    run = RunFolder(runs / name)
    run.begin(settings)
    for number, taken in enumerate(seconds, start=1):
        run.append(EpochDone(epoch=number, step=number, train_loss=1, metrics={}, best=True, seconds=taken))
    launch = Launch.of(os.getpid())
    (launch if host is None else launch.model_copy(update={"host": host})).write(run.path / "launch.json")
    return run


def test_earlier_runs_of_the_same_shape_tell_by_their_median_epoch(dataset: DataSet, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert from_earlier_runs(config(dataset), runs) is None
    earlier(runs, "a", config(dataset, seed=1, learning_rate=0.1, epochs=3), 2.0, 2.0, 60.0)
    assert from_earlier_runs(config(dataset), runs) == DurationEstimate(2.0, "earlier runs", 1)
    earlier(runs, "b", config(dataset), 4.0)
    assert from_earlier_runs(config(dataset), runs) == DurationEstimate(3.0, "earlier runs", 2)


def test_runs_of_another_shape_machine_or_without_an_epoch_tell_nothing(dataset: DataSet, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    earlier(runs, "wider", config(dataset, width=32), 2.0)
    earlier(runs, "batch", config(dataset, batch_size=4), 2.0)
    earlier(runs, "last", config(dataset, **{"training.positions": "last"}), 2.0)
    earlier(runs, "elsewhere", config(dataset), 2.0, host="another")
    (earlier(runs, "terminal", config(dataset), 2.0).path / "launch.json").unlink()
    (earlier(runs, "damaged", config(dataset), 2.0).path / "config.json").write_text("{")
    with (earlier(runs, "torn", config(dataset)).path / "events.jsonl").open("w") as file:
        file.write('{"kind":"epoch","ep\n')
    assert from_earlier_runs(config(dataset), runs) is None


def test_timing_trains_for_a_moment_and_leaves_nothing(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "passing"))
    (tmp_path / "passing").mkdir()
    state = torch.random.get_rng_state()
    estimate = by_timing(config(dataset, batch_size=1, epochs=500), dataset, budget=0.05)
    assert (estimate.basis, estimate.measured >= 1) == ("timed steps", True)
    assert estimate.epoch_seconds > 0
    assert list((tmp_path / "passing").glob("tmp*")) == []  # torch may keep folders of its own
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.usefixtures("workspace")
def test_data_of_a_single_step_an_epoch_can_be_timed_and_the_audit_log_names_no_training(dataset: DataSet) -> None:
    assert by_timing(config(dataset, batch_size=8_192), dataset).measured == 1
    assert entries() == ()


def test_a_read_only_machine_times_nothing(dataset: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused):
        by_timing(config(dataset), dataset)
