"""Train one run with several workers of a Ray cluster: Ray Train starts them, and starts them again when one dies.

Each worker is a replica (`ProcessGroup`) of the loop that trains locally. The run folder must be on a disk that all
machines share: workers resume from it, and the process that leads the run reads their events there.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from streamrec_core.background.ray_cluster import check_versions, connected, versions
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import file_stamp, remove_folder
from streamrec_core.models.threads import compute_with_one_thread
from streamrec_core.permissions import require_permission
from streamrec_core.training.data_reference import check_same_data
from streamrec_core.training.events import EVENT, Event
from streamrec_core.training.loop import train
from streamrec_core.training.process import STATUS_FILE, Status
from streamrec_core.training.replicas import ProcessGroup
from streamrec_core.training.run_folder import EVENTS_FILE, RunFolder
from streamrec_core.unfinished import start_ticks

RESTARTS = 5
"""How often workers are started again before the run counts as failed."""
LOOK_SECONDS = 0.2
OF_WORKER = re.compile(rf"^\s*{re.escape(StreamRecError.__module__)}\.\w+: (.+)$", re.MULTILINE)
"""The last line of a worker's traceback, in what Ray says."""
RAY_FOLDER = ".ray"
"""Of Ray Train's own files, in the run folder while it trains."""


def train_on_ray(
    run: RunFolder,
    dataset: DataSet,
    should_stop: Callable[[], bool] = lambda: False,
    workers: int = 2,
    address: str | None = None,
) -> Iterator[Event]:
    """Train a run with workers of a Ray cluster, or go on where it stopped, as `loop.train` does on this machine.

    Parameters
    ----------
    run, dataset, should_stop
        As for `loop.train`; whether to stop is asked several times a second.
    workers : int
        Each computes on one processor, with one thread.
    address : str or None
        As for `Engine`.

    Yields
    ------
    Event
        As `train` writes them to the run folder; after a worker died, the run starts again from the last epoch saved.

    Raises
    ------
    BadInput
        The cluster cannot be used, or its machines do not share the run folder.
    Refused
        The data set is not the one that the run began with, or training is not allowed here.
    StreamRecError
        Training failed.
    """
    require_permission("training")
    check_same_data(run.config(), dataset)
    path = run.path.resolve()
    before = file_stamp(path / STATUS_FILE)
    with connected(address, workers):
        following = _Following(path / EVENTS_FILE)
        training = _Training(path, dataset, workers)
        training.start()
        stopping = False
        while training.is_alive():
            if not stopping and should_stop():
                stopping = True
                run.request_stop()
            yield from following.new_events()
            training.join(LOOK_SECONDS)
        yield from following.new_events()
    if training.error is not None:
        raise _as_fault(None if file_stamp(path / STATUS_FILE) == before else run.status(), training.error)


class _Following:
    """The events that are added to a run's file from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.is_file() else 0

    def new_events(self) -> Iterator[Event]:
        """Whole lines only: the last may be in writing."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                yield EVENT.validate_json(line)
            except ValidationError:  # torn by a worker that died
                continue


class _Training(threading.Thread):
    """Ray Train's call, which returns when all is done."""

    def __init__(self, path: Path, dataset: DataSet, workers: int) -> None:
        super().__init__(daemon=True)
        self.error: Exception | None = None
        self._path, self._dataset, self._workers = path, dataset, workers

    def run(self) -> None:
        import ray
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer

        leader = (os.getpid(), start_ticks(os.getpid()))
        settings = {"run": str(self._path), "leader": leader, "dataset": ray.put(self._dataset), "versions": versions()}
        try:
            TorchTrainer(
                _train_in_worker,
                train_loop_config=settings,
                torch_config=TorchConfig(backend="gloo"),
                scaling_config=ScalingConfig(num_workers=self._workers),
                run_config=RunConfig(
                    name=RAY_FOLDER,
                    storage_path=str(self._path),
                    failure_config=FailureConfig(max_failures=RESTARTS),
                ),
            ).fit()
        except Exception as error:  # noqa: BLE001  whatever it is, the run has failed, and the leader says so
            self.error = error
        finally:
            if (self._path / RAY_FOLDER).is_dir():
                remove_folder(self._path / RAY_FOLDER)


def _train_in_worker(settings: dict[str, Any]) -> None:
    import ray

    check_versions(settings["versions"])
    compute_with_one_thread()
    run = RunFolder(Path(settings["run"]), settings["leader"])
    for _ in train(run, ray.get(settings["dataset"]), device="cpu", replicas=ProcessGroup()):
        pass


def _as_fault(status: Status | None, error: Exception) -> StreamRecError:
    """What ended a training on Ray: what its first worker wrote down, or else what Ray says."""
    if status is not None and status.state == "failed" and status.message:
        return StreamRecError(status.message.removeprefix("Refused: "))
    if named := OF_WORKER.findall(str(error)):
        return StreamRecError(named[-1])
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return BadInput(
        f"the workers of the Ray cluster cannot train the run ({lines[-1].rstrip('.')}); check that all its machines "
        "share the run folder and have streamrec[ray] in this version"
    )
