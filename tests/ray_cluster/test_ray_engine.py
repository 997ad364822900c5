"""Workers on a Ray cluster: the figures of one process to the hash, and nothing lost when workers or commands die."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streamrec_core.background.engine import choose_engine
from streamrec_core.background.ray_workers import DEATHS, RayWorkers
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.explain.archive import write_archive
from streamrec_core.models.parallel import ModelAndData, in_parallel, workers_for
from tests.background.test_workers import breaks, echo, is_killed, opened, refuses, until
from tests.models.parallel_figures import Figures, archive_job, assert_same, world
from tests.ray_cluster.conftest import Cluster
from tests.worlds import OneHotModel, catalogue_of, dataset_of, log_of

SESSIONS = 48


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return Figures(tmp_path_factory.mktemp("alone"), 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_of_a_cluster_give_the_figures_of_one_process(
    cluster: Cluster, alone: Figures, tmp_path: Path, jobs: int
) -> None:
    assert_same(Figures(tmp_path, jobs, choose_engine("ray", cluster.address)), alone)
    until(lambda: not cluster.workers())


def test_killed_workers_lose_nothing(cluster: Cluster, alone: Figures, tmp_path: Path) -> None:
    model, dataset = world()
    few, job = archive_job(model, dataset)
    killed: set[int] = set()

    def kill_all(done: int, total: int) -> None:
        if not killed:
            until(lambda: len(cluster.workers()) == 2)
            killed.update(cluster.workers())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with in_parallel((model, dataset), world, 2, choose_engine("ray", cluster.address)):
        out = write_archive(model, dataset, few, job, tmp_path / "all.parquet", kill_all)
        assert len(killed) == 2
        assert not killed & cluster.workers()
    assert out.read_bytes() == alone.file.read_bytes()


def meets_the_other(subject: tuple[str, int], folder: str) -> int:
    (Path(folder) / str(os.getpid())).touch()
    until(lambda: len(list(Path(folder).iterdir())) > 1)
    return os.getpid()


def dies_once(subject: tuple[str, int], folder: str) -> tuple[str, int]:
    marker = Path(folder) / "died"
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return subject


def test_faults_of_tasks_are_one_message_and_a_task_that_kills_its_workers_ends_the_command(
    cluster: Cluster, tmp_path: Path
) -> None:
    with RayWorkers(opened, ("log",), 2, cluster.address) as workers:
        answers = list(workers.map(echo, range(20)))
        assert [(word, chunk) for word, _, chunk in answers] == [("log", chunk) for chunk in range(20)]
        meeting = tmp_path / "meeting"
        meeting.mkdir()
        assert len(set(workers.map(meets_the_other, [str(meeting)] * 2))) == 2
        with pytest.raises(BadInput, match=r"^row 3 has no item$") as refusal:
            list(workers.map(refuses, [1]))
        assert refusal.value.fields == ("item",)
        with pytest.raises(StreamRecError, match=r"^a worker process failed \(ZeroDivisionError: .*see where$"):
            list(workers.map(breaks, [1]))
        first, second = workers.map(dies_once, [str(tmp_path)] * 2)
        assert first[0] == second[0] == "log"
        with pytest.raises(BadInput, match=rf"^{DEATHS} workers of the Ray cluster died at the same piece of work"):
            list(workers.map(is_killed, [1]))


def counting_world() -> ModelAndData:
    """A model that is no network of this package: each worker opens it anew."""
    import torch

    return OneHotModel(torch.eye(8)), dataset_of(catalogue_of(8, 2), log_of([[0, 1, 2], [3, 4, 5, 6]]))


def is_opened(subject: ModelAndData, chunk: int) -> tuple[int, int]:
    return len(subject[0].logits.__self__.weights), len(subject[1].log) + chunk  # type: ignore[attr-defined]


def test_a_model_of_another_library_is_opened_by_each_worker(cluster: Cluster) -> None:
    subject = counting_world()
    with in_parallel(subject, counting_world, 1, choose_engine("ray", cluster.address)):
        workers = workers_for(*subject)
        assert workers is not None
        assert list(workers.map(is_opened, [0, 1])) == [(8, 2), (8, 3)]


def explain_all(out: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "streamrec_core", "explain", "--all", "--json", "--sessions", str(SESSIONS)]
    return [*command, "--out", str(out), *options]


def test_a_killed_command_goes_on_where_it_stopped_with_the_same_rows(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    out, parts = tmp_path / "cluster.parquet", tmp_path / ".cluster.parquet.parts"
    command = subprocess.Popen(explain_all(out, "--engine", "ray"), stdout=subprocess.DEVNULL)
    until(lambda: [*parts.glob("0*.parquet")] or command.poll() is not None)
    command.kill()
    command.wait()
    complete = {path.name: path.stat().st_mtime_ns for path in parts.glob("0*.parquet")}
    assert 0 < len(complete) < SESSIONS // 16
    until(lambda: not cluster.workers())
    done = subprocess.run(explain_all(out, "--engine", "ray"), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["explanations"] == SESSIONS
    assert done.stderr == ""
    local = tmp_path / "local.parquet"
    subprocess.run(explain_all(local), capture_output=True, check=True)
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in (out, local)}) == 1


def test_a_cluster_that_wants_another_token_is_one_message(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    monkeypatch.setenv("RAY_NUM_REDIS_GET_RETRIES", "2")
    command = explain_all(tmp_path / "x.parquet", "--engine", "ray", "--address", cluster.address)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (message,) = [line for line in done.stderr.splitlines() if "gcs_client" not in line]
    assert "cannot be used" in message
    assert "RAY_AUTH_MODE=token with RAY_AUTH_TOKEN" in message


def test_evaluate_prints_the_same_on_a_cluster(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    command = [sys.executable, "-m", "streamrec_core", "evaluate", "--json", "--explanations", "20"]
    ray = ["--engine", "ray", "--jobs", "2", "--address", cluster.address]
    documents = [subprocess.run(command + more, capture_output=True, check=True).stdout for more in ([], ray)]
    assert documents[0] == documents[1]
    assert json.loads(documents[0])["explanations"]["failed"]["n"] == 20
