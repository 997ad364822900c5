"""Training on a Ray cluster: killed workers and stopped commands end with the model of an undisturbed run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import StreamRecError
from streamrec_core.training.events import EpochDone, Event, RunDone, RunStarted, RunStopped
from streamrec_core.training.new_run import new_run
from streamrec_core.training.ray_training import RAY_FOLDER, train_on_ray
from streamrec_core.training.run_folder import STATE_FILE, RunFolder
from tests.ray_cluster.conftest import Cluster
from tests.worlds import SMALL, chain_dataset, written

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")  # Ray calls what Ray deprecates
SETTINGS = {**SMALL, "epochs": 3, "batch_size": 8, "dropout": 0.2, "item_dropout": 0.1, "patience": 9}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return written(chain_dataset(sessions=400), tmp_path_factory.mktemp("data") / "chain")


def begin(dataset: DataSet, folder: Path, **settings: object) -> RunFolder:
    run = RunFolder(folder)
    run.begin(new_run("run", dataset, "transformer", "additive", {**SETTINGS, **settings}))
    return run


def weights(run: RunFolder) -> list[bytes]:
    return [(folder / "weights.safetensors").read_bytes() for folder in (run.best, run.last)]


@pytest.fixture(scope="module")
def undisturbed(cluster: Cluster, dataset: DataSet, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = begin(dataset, tmp_path_factory.mktemp("runs") / "undisturbed")
    events = list(train_on_ray(run, dataset, workers=2, address=cluster.address))
    assert isinstance(events[-1], RunDone)
    assert [event.model_dump_json() for event in events] == [event.model_dump_json() for event in run.events()]
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3]
    assert not (run.path / RAY_FOLDER).exists()
    return run


def starts(events: list[Event]) -> list[int]:
    return [event.done_steps for event in events if isinstance(event, RunStarted)]


def test_a_killed_worker_resumes_from_the_last_epoch(
    cluster: Cluster, undisturbed: RunFolder, dataset: DataSet, tmp_path: Path
) -> None:
    run, events, killed = begin(dataset, tmp_path / "run"), list[Event](), set[int]()
    for event in train_on_ray(run, dataset, workers=2, address=cluster.address):
        events.append(event)
        if isinstance(event, EpochDone) and not killed:
            killed.add(max(cluster.workers("RayTrainWorker")))
            os.kill(max(killed), signal.SIGKILL)
    first, again = starts(events)
    assert first == 0
    assert again in [event.step for event in events if isinstance(event, EpochDone)]
    assert isinstance(events[-1], RunDone)
    assert weights(run) == weights(undisturbed)


def test_a_stopped_run_goes_on_with_the_next_command(
    cluster: Cluster, undisturbed: RunFolder, dataset: DataSet, tmp_path: Path
) -> None:
    run, events = begin(dataset, tmp_path / "run"), list[Event]()
    for event in train_on_ray(run, dataset, lambda: len(events) > 5, 2, cluster.address):
        events.append(event)
    assert isinstance(events[-1], RunStopped)
    status = run.status()
    assert status is not None
    assert (status.state, status.pid) == ("stopped", os.getpid())
    events = list(train_on_ray(run, dataset, workers=2, address=cluster.address))
    assert starts(events) == [status.step]
    assert weights(run) == weights(undisturbed)


def test_what_ends_a_training_is_one_message(cluster: Cluster, dataset: DataSet, tmp_path: Path) -> None:
    run = begin(dataset, tmp_path / "run")
    run.last.mkdir()
    (run.last / STATE_FILE).write_text('{"epoch": "first"}')
    with pytest.raises(StreamRecError, match=rf"^{run.last / STATE_FILE}: epoch: Input should be a valid integer"):
        list(train_on_ray(run, dataset, workers=2, address=cluster.address))
